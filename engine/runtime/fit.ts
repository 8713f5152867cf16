/**
 * Will it fit here? What a load takes, from the header of a file or about, from its size, against what the device has.
 *
 * @module
 */
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import type { Adapter } from '../../shaders/kernel.ts';
import { architectureOf } from '../arch/registry.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { readAdapter } from '../gpu/gpu.ts';
import { formatBytes, type MemoryLimits } from '../gpu/memory.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { ModelFit } from '../protocol/models.ts';
import type { LoadOptions } from './engine.ts';
import { DEFAULT_CONTEXT, loadSizes, pagesOf, shorterContexts } from './load-model.ts';
import type { LoadSize } from './prepare-forward.ts';
import { type HeaderOfModel, type MemoryEstimate, rehearseMemory } from './rehearsal.ts';
import { UPLOAD_BYTES } from './uploads.ts';
import { LOAD_BYTES } from './weights.ts';

/** What is known of a device without opening it. */
export interface FitDevice extends MemoryLimits {
  /** Of the whole device, as `navigator.deviceMemory` tells: about, and more than it names from {@link TOLD_AT_MOST} on. */
  memoryBytes?: number;
  /** Some kernels want more room than others. Default: what every adapter has. */
  adapter?: Adapter;
}

/** From here on a browser may have rounded what it tells down, so as to tell devices apart less. */
const TOLD_AT_MOST = 8 * 2 ** 30;
/** It tells powers of two: 4 may be anything below 6. */
const TOLD_TOO_LITTLE = 1.5;
/** The rest is for the system, the browser and other programs. */
const COMFORTABLE_SHARE = 0.5;
/** Bytes of the tables of a vocabulary, in JavaScript, for a byte of the header that lists it: measured, 5.0 and 5.1. */
const VOCABULARY_FACTOR = 5;

/** What this browser tells of the device; undefined where it has no GPU that runs models. */
export async function readDevice(webgpu?: GPU): Promise<FitDevice | undefined> {
  const found = await readAdapter(webgpu);
  if (!found) return undefined;
  const { deviceMemory } = (globalThis.navigator ?? {}) as { deviceMemory?: number };
  return { ...found, ...(deviceMemory !== undefined && { memoryBytes: deviceMemory * 2 ** 30 }) };
}

export interface HeaderFit {
  fit: ModelFit;
  /** Where it fits: what is allocated, at which size. */
  memory?: MemoryEstimate;
  size?: LoadSize;
}

/**
 * From a model's header: exactly what a load would allocate, at the first size it would try that this device has room for. Adapters are
 * attached to what is loaded, as the host does: they shorten no context, and where they do not go with it, it runs without them.
 * @throws LocalLLMError bad-argument for a context that the model was not made for; bad-file, not-supported where no device runs it
 */
export async function fitOf(model: HeaderOfModel, device: FitDevice, options: LoadOptions = {}): Promise<HeaderFit> {
  const sizes = [...loadSizes(model.hp, options)];
  const systemBytes = LOAD_BYTES + VOCABULARY_FACTOR * model.file.dataOffset;
  const wanted = sizes[0]!.contextTokens;
  let short: LocalLLMError | undefined;
  for (const size of sizes) {
    try {
      const rehearse = (adapters?: LoadOptions['adapters']) =>
        rehearseMemory(model, size, withRoomForUpload(device), device.adapter, adapters);
      const alone = await rehearse();
      const { memory, without } = await attached(alone, options.adapters, rehearse);
      const taken = { contextTokens: size.contextTokens, gpuBytes: memory.total, systemBytes };
      return { fit: judge({ ...taken, wanted, short, without, basis: 'header' }, device), memory, size };
    } catch (error) {
      if (!(error instanceof LocalLLMError) || error.code !== 'out-of-memory') throw error;
      short = error;
    }
  }
  const { total } = await rehearseMemory(model, sizes.at(-1)!, undefined, device.adapter);
  return { fit: wontFit({ gpuBytes: total, systemBytes, basis: 'header' }, short!.message) };
}

/** What it takes with its adapters, or alone and why that is. */
async function attached(
  alone: MemoryEstimate,
  adapters: LoadOptions['adapters'],
  rehearse: (adapters: LoadOptions['adapters']) => Promise<MemoryEstimate>,
): Promise<{ memory: MemoryEstimate; without?: string }> {
  if (!adapters?.length) return { memory: alone };
  try {
    return { memory: await rehearse(adapters) };
  } catch (error) {
    if (!(error instanceof LocalLLMError) || error.code === 'internal') throw error;
    const { requested = 0, quota = 0 } = error.details;
    const room = `with them it would need ${formatBytes(requested)} where this device allows ${formatBytes(quota)}.`;
    return { memory: alone, without: error.code === 'out-of-memory' ? room : error.message };
  }
}

/** The same of a header that was read. @throws LocalLLMError as {@link fitOf} */
export async function fitOfHeader(file: GgufFile, device: FitDevice, options: LoadOptions = {}): Promise<ModelFit> {
  const architecture = architectureOf(file);
  return (await fitOf({ file, architecture, hp: architecture.hyperparameters(file) }, device, options)).fit;
}

/** What is known of a model before its first byte. */
export interface SizeFacts {
  /** Of its file or files. */
  bytes: number;
  /** How many it has; where that is unknown, its bytes are taken for 4.5 bits each. */
  parameters?: number;
  /** What it was made for. */
  contextTokens?: number;
}

/** Bytes of keys and values of a token for each parameter, and at most: the highest of the architectures that are run, at f16. */
const CACHE_PER_PARAMETER = 190e-6;
const MAX_CACHE_PER_TOKEN = 147_456;
/** Work buffers, about: activations and logits grow with the square root of the parameters, and with the vocabulary. */
const WORK_BYTES = 30e6;
const WORK_PER_ROOT = 1500;

/** About: weights as large as the file, a cache and work buffers that few models of so many parameters exceed. */
export function fitAbout(facts: SizeFacts, device: FitDevice): ModelFit {
  const { bytes, parameters = (bytes * 8) / 4.5, contextTokens: most = DEFAULT_CONTEXT } = facts;
  const perToken = Math.min(MAX_CACHE_PER_TOKEN, parameters * CACHE_PER_PARAMETER);
  const work = WORK_BYTES + WORK_PER_ROOT * Math.sqrt(parameters);
  const take = (cacheTokens: number) => Math.ceil(bytes + work + cacheTokens * perToken);
  const wanted = Math.min(most, DEFAULT_CONTEXT);
  const full = { contextTokens: wanted, gpuBytes: take(pagesOf(wanted, perToken * PAGE) * PAGE) };
  const others = [wanted, ...shorterContexts(wanted)].map((tokens) => ({
    contextTokens: tokens,
    gpuBytes: take(Math.ceil(tokens / PAGE) * PAGE),
  }));
  const { budgetBytes } = withRoomForUpload(device);
  const had = [full, ...others].find(({ gpuBytes }) => gpuBytes <= budgetBytes);
  const basis = 'size';
  const systemBytes = LOAD_BYTES;
  if (had) {
    const details = { requested: others[0]!.gpuBytes, quota: budgetBytes };
    return judge({ ...had, systemBytes, wanted, short: { details }, basis }, device);
  }
  const { gpuBytes } = others.at(-1)!;
  const message = `It needs about ${formatBytes(gpuBytes)} of GPU memory, and this system ends a page that takes more than ${formatBytes(budgetBytes)}. Choose a smaller model.`;
  return wontFit({ gpuBytes, systemBytes, basis }, message);
}

/** While weights are read, more buffers are there. */
const withRoomForUpload = (device: FitDevice): FitDevice => ({
  ...device,
  budgetBytes: device.budgetBytes - UPLOAD_BYTES,
});

interface Taken extends Omit<ModelFit, 'verdict' | 'reasons'> {
  /** Tokens of context that a load tries first. */
  wanted: number;
  /** Why it does not get them. */
  short: Pick<LocalLLMError, 'details'> | undefined;
  /** Why adapters are not attached. */
  without?: string | undefined;
}

/** Of what has room by the device's limits: whether there is memory for it, as far as the browser tells. */
function judge({ wanted, short, without, ...taken }: Taken, { memoryBytes, budgetBytes }: FitDevice): ModelFit {
  const { contextTokens, gpuBytes, systemBytes } = taken;
  const reasons: string[] = [];
  if (contextTokens < wanted) {
    const { requested = 0, quota = 0 } = short?.details ?? {};
    reasons.push(
      `The context is reduced to ${count(contextTokens)} tokens from ${count(wanted)}, which would need ${formatBytes(requested)} where this device allows ${formatBytes(quota)}.`,
    );
  }
  if (without !== undefined) reasons.push(`It runs without its adapters: ${without}`);
  const fitted = reasons.length > 0 ? 'tight' : 'fits';
  if (budgetBytes < Infinity) return { verdict: fitted, ...taken, reasons };
  const needed = `It takes ${formatBytes(gpuBytes + systemBytes)}`;
  if (memoryBytes === undefined) {
    reasons.push(`${needed}; this browser does not tell how much memory there is.`);
    return { verdict: 'unknown', ...taken, reasons };
  }
  if (gpuBytes + systemBytes <= memoryBytes * COMFORTABLE_SHARE) return { verdict: fitted, ...taken, reasons };
  const has = `about ${formatBytes(memoryBytes)}`;
  if (memoryBytes >= TOLD_AT_MOST) {
    reasons.push(`${needed}; of this device's memory the browser tells only that it is ${has} or more.`);
    return { verdict: 'unknown', ...taken, reasons };
  }
  if (gpuBytes + systemBytes > memoryBytes * TOLD_TOO_LITTLE) {
    return wontFit(taken, `${needed}, and this device has ${has} in all. Choose a smaller model.`);
  }
  reasons.push(`${needed} of ${has} that this device has in all. Close other programs and tabs.`);
  return { verdict: 'tight', ...taken, reasons };
}

const wontFit = ({ gpuBytes, systemBytes, basis }: Pick<Taken, 'gpuBytes' | 'systemBytes' | 'basis'>, why: string) =>
  ({ verdict: 'wont-fit', contextTokens: 0, gpuBytes, systemBytes, reasons: [why], basis }) satisfies ModelFit;

const count = (tokens: number): string => tokens.toLocaleString('en');
