/**
 * What a link or an id would bring, told before anything of it is downloaded but its header.
 *
 * @module
 */
import { type GgufFile, parseGguf } from '../gguf/parse.ts';
import { openModel } from '../gguf/split.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Methods } from '../protocol/messages.ts';
import type { ModelFit, ModelOffer } from '../protocol/models.ts';
import { licenseName } from '../store/huggingface.ts';
import type { PlannedPart } from '../store/plan.ts';
import type { RemoteFile } from '../store/remote-file.ts';
import { about, factsOf } from './model-facts.ts';
import type { ModelSlot } from './model-slot.ts';

/** Of a model in more parts than these only the first one's header is read. */
const MAX_PARTS = 8;

type Models = Pick<ModelSlot, 'downloads' | 'facts' | 'shelf'>;

/** @throws LocalLLMError bad-argument, bad-file (no GGUF file), network, not-allowed, aborted */
export async function inspect(
  { source, quantization }: Methods['models.inspect']['params'],
  models: Models,
  signal: AbortSignal,
): Promise<ModelOffer> {
  const { plan, quantizations } = await models.downloads.find(source, quantization, signal);
  const files: RemoteFile[] = [];
  try {
    for (const part of plan.parts.slice(0, plan.parts.length > MAX_PARTS ? 1 : MAX_PARTS)) {
      files.push(await models.shelf.openRemote(part, signal));
    }
    const isWhole = files.length === plan.parts.length;
    const file = isWhole ? (await openModel(files)).file : await parseGguf(files[0]!);
    const { kind, trainedContextTokens } = factsOf(file);
    const bytes = bytesOf(plan.parts, files);
    const fit = kind === 'model' ? await fitOf(isWhole ? file : undefined, bytes, plan.id, models) : undefined;
    const license = plan.license ?? licenseOf(file);
    return {
      id: plan.id,
      name: plan.name,
      kind,
      quantizations,
      ...(license !== undefined && { license }),
      ...(plan.quantization !== undefined && { quantization: plan.quantization }),
      ...(bytes !== undefined && { bytes }),
      ...(trainedContextTokens !== undefined && { trainedContextTokens }),
      ...(fit && { fit }),
    };
  } finally {
    for (const file of files) file.close();
  }
}

/** Of all parts; undefined where a server does not say. */
function bytesOf(parts: readonly PlannedPart[], files: readonly RemoteFile[]): number | undefined {
  const sizes = parts.map(({ bytes }, index) => bytes ?? files[index]?.size ?? Number.MAX_SAFE_INTEGER);
  const sum = sizes.reduce((total, size) => total + size, 0);
  return sum < Number.MAX_SAFE_INTEGER ? sum : undefined;
}

/** @param file the whole header, where it was read */
async function fitOf(
  file: GgufFile | undefined,
  bytes: number | undefined,
  id: string,
  { facts, shelf }: Models,
): Promise<ModelFit | undefined> {
  const device = await facts.device();
  if (!device) return undefined;
  if (!file) return bytes === undefined ? undefined : about({ bytes }, device);
  try {
    return await facts.fit(file, await shelf.preferences.settingsOf(id));
  } catch (thrown) {
    // Of an architecture that is not run, say.
    const { code, message } = LocalLLMError.from(thrown);
    if (code === 'internal') throw thrown;
    const taken = { contextTokens: 0, gpuBytes: bytes ?? 0, systemBytes: 0 };
    return { verdict: 'wont-fit', ...taken, reasons: [message], basis: 'header' };
  }
}

function licenseOf({ metadata }: GgufFile): string | undefined {
  const license = metadata.get('general.license');
  return license?.type === 'string' ? licenseName(license.value) : undefined;
}
