/**
 * All that can be known of a model file without a GPU: what it is, what it needs, and every reason why it cannot be run.
 *
 * @module
 */
import type { KvType } from '../../shaders/attention/kv-layout.ts';
import { isWeightType, WEIGHT_TYPES } from '../../shaders/matmul/weights.ts';
import { architectureOf } from '../arch/registry.ts';
import { type GgufFile, parseGguf, type TensorInfo } from '../gguf/parse.ts';
import type { ByteSource } from '../gguf/source.ts';
import { openModel } from '../gguf/split.ts';
import { GGML_TYPES } from '../gguf/types.ts';
import { PHONE } from '../gpu/memory.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { ModelFit } from '../protocol/models.ts';
import { fitOf } from '../runtime/fit.ts';
import { chatTemplateOf, checkVocabulary, loadSize } from '../runtime/load-model.ts';
import { type MemoryEstimate, rehearseLoad } from '../runtime/rehearsal.ts';
import { createTokenizer } from '../tokenizer/tokenizer.ts';
import { HEAD_BYTES, recognizeForeign } from './foreign-file.ts';
import { elementsOf, factsOf, type ModelFacts } from './model-facts.ts';

export interface Examination {
  supported: boolean;
  /** Every reason why not. */
  problems: string[];
  /** Of all parts. */
  bytes: number;
  parts: number;
  /** What the header says, where it could be read; of one part alone where the others could not. */
  facts?: ModelFacts;
  memory?: MemoryEstimate & {
    contextTokens: number;
    kvType: KvType;
    /** Full contexts that the cache holds. */ contexts: number;
  };
  /** Whether it runs on the smallest of devices. */
  phone?: ModelFit;
}

export interface ExamineOptions {
  contextTokens?: number;
  kvType?: KvType;
}

/** A header, and whether the tensors that it lists are all there are. */
interface Header {
  file: GgufFile;
  whole: boolean;
}

/** @throws LocalLLMError bad-argument for a context that the model was not made for; storage */
export async function examine(parts: readonly ByteSource[], options: ExamineOptions): Promise<Examination> {
  const bytes = parts.reduce((sum, part) => sum + part.size, 0);
  const examination: Examination = { supported: false, problems: [], bytes, parts: parts.length };
  const [first] = parts;
  if (!first) throw new LocalLLMError('bad-argument', 'No file was given.');
  const foreign = recognizeForeign(await first.read(0, Math.min(HEAD_BYTES, first.size)), first.size);
  if (foreign !== undefined) return { ...examination, problems: [foreign] };
  const refusals = new Refusals();
  const header = await readHeader(parts, first, refusals);
  if (header) {
    examination.facts = factsOf(header.file, header.whole);
    Object.assign(examination, await judge(header, options, refusals));
  }
  const problems = refusals.list();
  return { ...examination, supported: problems.length === 0, problems };
}

/** Collects what a file is refused for; other failures go on. */
class Refusals {
  /** By what they say but for numbers: a file that lacks a tensor in each of its layers is told so once. */
  readonly #kinds = new Map<string, { message: string; messages: Set<string> }>();

  add(error: unknown): void {
    const { code, message } = LocalLLMError.from(error);
    if (code !== 'bad-file' && code !== 'not-supported' && code !== 'template' && code !== 'bad-argument') throw error;
    this.say(message);
  }
  say(message: string): void {
    const key = message.replaceAll(/\d+/g, '#');
    const kind = this.#kinds.get(key);
    if (kind) kind.messages.add(message);
    else this.#kinds.set(key, { message, messages: new Set([message]) });
  }
  async attempt<T>(work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.add(error);
      return undefined;
    }
  }
  list(): string[] {
    return [...this.#kinds.values()].map(({ message, messages }) =>
      messages.size === 1 ? message : `${message} (And ${messages.size - 1} more like it.)`,
    );
  }
}

/** The model's header; where it cannot be opened, that of the first file as far as it goes. */
async function readHeader(
  parts: readonly ByteSource[],
  first: ByteSource,
  refusals: Refusals,
): Promise<Header | undefined> {
  try {
    return { file: (await openModel(parts)).file, whole: true };
  } catch (error) {
    // As a stream the file is parsed without a look at its size.
    const file = await parseGguf(streamOf(first)).catch(() => undefined);
    if (parts.length > 1 || file === undefined || file.size <= first.size) refusals.add(error);
    else {
      refusals.say(
        `The file is cut short: it has ${first.size} bytes and its tensors need ${file.size}. Its download ended early: get it again.`,
      );
    }
    if (!file) return undefined;
    return { file, whole: file.metadata.get('split.count') === undefined };
  }
}

function streamOf(source: ByteSource): ReadableStream<Uint8Array> {
  const CHUNK_BYTES = 1 << 20;
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      const length = Math.min(CHUNK_BYTES, source.size - at);
      if (length <= 0) return controller.close();
      controller.enqueue(await source.read(at, length));
      at += length;
    },
  });
}

/** Adds every refusal; returns the memory where it can be told. */
async function judge(
  { file, whole }: Header,
  options: ExamineOptions,
  refusals: Refusals,
): Promise<Pick<Examination, 'memory' | 'phone'> | undefined> {
  const nature = noModel(file);
  if (nature !== undefined) refusals.say(nature);
  // A later part has nothing but tensors.
  if (nature !== undefined || (!whole && !file.metadata.has('general.architecture'))) return undefined;
  const architecture = await refusals.attempt(() => architectureOf(file));
  const hp = await refusals.attempt(() => architecture?.hyperparameters(file));
  const tokenizer = await refusals.attempt(() => createTokenizer(file.metadata));
  if (tokenizer) await refusals.attempt(() => chatTemplateOf(file, tokenizer));
  if (tokenizer && hp && whole) await refusals.attempt(() => checkVocabulary(tokenizer, hp));
  const unfit = matricesByUnfitType(file);
  for (const [type, [name, ...more]] of unfit) {
    refusals.say(
      `${more.length === 0 ? `The tensor ${name} is` : `${more.length + 1} tensors, such as ${name}, are`} ${type}, which this engine does not run. ` +
        `Get the model in another quantization: ${WEIGHT_TYPES.join(', ')} are supported.`,
    );
  }
  if (!architecture || !hp) return undefined;
  const size = loadSize(hp, options);
  if (!whole) return undefined;
  const model = { file: withoutUnfitTypes(file, unfit), architecture, hp };
  const { problems, memory } = await rehearseLoad(model, size);
  for (const problem of problems) refusals.add(problem);
  if (!memory || unfit.size > 0) return undefined;
  const { contextTokens, kvType, pages, limits } = size;
  const { fit: phone } = await fitOf(model, PHONE, options);
  const contexts = Math.floor(pages / limits.pagesPerSequence);
  return { memory: { ...memory, contextTokens, kvType, contexts }, phone };
}

/** What a sound GGUF file is that is no model by itself. */
function noModel({ metadata, tensors }: GgufFile): string | undefined {
  const type = metadata.get('general.type')?.value;
  if (type === 'adapter')
    return 'This is an adapter (LoRA) for another model (general.type). Attach it to that model: generate --lora.';
  if (type === 'mmproj')
    return 'This is the projector for images or sound of a model (general.type). Get the model itself.';
  if (type === 'imatrix') return 'This is an importance matrix for quantizing (general.type). Get the model itself.';
  if (tensors.size > 0 || metadata.has('split.count')) return undefined;
  return 'The file has no tensors: it is the vocabulary of a model alone. Get the model itself.';
}

function matricesByUnfitType(file: GgufFile): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { name, type, shape } of file.tensors.values()) {
    if (shape.length < 2 || isWeightType(type)) continue;
    const names = found.get(type);
    if (names) names.push(name);
    else found.set(type, [name]);
  }
  return found;
}

/** With F32 in place of those types, so that what else is wrong comes to light and they are not told again one by one. */
function withoutUnfitTypes(file: GgufFile, unfit: ReadonlyMap<string, string[]>): GgufFile {
  if (unfit.size === 0) return file;
  const tensors = new Map<string, TensorInfo>();
  for (const [name, tensor] of file.tensors) {
    const bytes = elementsOf(tensor) * GGML_TYPES.F32.blockBytes;
    tensors.set(name, unfit.has(tensor.type) && tensor.shape.length > 1 ? { ...tensor, type: 'F32', bytes } : tensor);
  }
  return { ...file, tensors };
}
