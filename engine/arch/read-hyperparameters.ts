/**
 * Hyper-parameters within bounds: a file may claim anything.
 *
 * @module
 */
import type { Metadata } from '../gguf/metadata.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Hyperparameters } from './architecture.ts';

/** Well beyond any model that fits a browser; each bounds an allocation or a loop. */
const LIMITS = { context: 1 << 24, width: 1 << 16, layers: 1024, heads: 1024, headDim: 256, ffnWidth: 1 << 20 };

/** An integer in [low, high]. @throws LocalLLMError bad-file, naming key, value and bounds */
export function readInteger(metadata: Metadata, key: string, low: number, high: number, fallback?: number): number {
  const value = metadata.number(key, fallback);
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new LocalLLMError(
      'bad-file',
      `${key} is ${value}; an integer from ${low} to ${high} is possible. The file is damaged or of an unknown variant.`,
    );
  }
  return value;
}

/** A positive finite number. @throws LocalLLMError bad-file */
export function readPositive(metadata: Metadata, key: string, fallback?: number): number {
  const value = metadata.number(key, fallback);
  if (!(value > 0 && value < Infinity)) {
    throw new LocalLLMError('bad-file', `${key} is ${value}; it must be a positive number. The file is damaged.`);
  }
  return value;
}

/** A positive number, or the fallback where the key is absent or 0, which files write for "none". */
export function readOptional(metadata: Metadata, key: string, fallback: number): number {
  return metadata.number(key, 0) === 0 ? fallback : readPositive(metadata, key);
}

export const unsupported = (message: string) =>
  new LocalLLMError('not-supported', `${message}: this engine does not run such a model.`);

/** What every decoder-only transformer has, under its architecture's name, and the dimensions that rotate. */
export function readTransformer(
  { metadata, tensors }: GgufFile,
  architecture: string,
): Omit<Hyperparameters, 'ropes'> & { ropeDim: number } {
  const key = (name: string) => `${architecture}.${name}`;
  const width = readInteger(metadata, key('embedding_length'), 1, LIMITS.width);
  const heads = readInteger(metadata, key('attention.head_count'), 1, LIMITS.heads);
  const kvHeads = readInteger(metadata, key('attention.head_count_kv'), 1, heads, heads);
  const headDim = readInteger(metadata, key('attention.key_length'), 4, LIMITS.headDim, width / heads);
  const valueDim = metadata.number(key('attention.value_length'), headDim);
  const ffnWidth = readInteger(metadata, key('feed_forward_length'), 1, LIMITS.ffnWidth);
  const ropeDim = readInteger(metadata, key('rope.dimension_count'), 2, headDim, headDim);
  const experts = metadata.number(key('expert_count'), 0);
  if (experts > 0) throw unsupported(`${key('expert_count')} is ${experts}, a mixture of experts`);
  if (width % 32 !== 0) throw unsupported(`${key('embedding_length')} is ${width}, not a multiple of 32`);
  if (ffnWidth % 32 !== 0) throw unsupported(`${key('feed_forward_length')} is ${ffnWidth}, not a multiple of 32`);
  if (heads % kvHeads !== 0) throw unsupported(`${heads} heads do not share ${kvHeads} key-value heads evenly`);
  if (headDim % 4 !== 0 || (heads * headDim) % 32 !== 0) throw unsupported(`Heads of ${headDim} dimensions`);
  if (valueDim !== headDim) {
    throw unsupported(`${key('attention.value_length')} is ${valueDim}, unlike the key length ${headDim}`);
  }
  if (ropeDim % 2 !== 0) throw unsupported(`${key('rope.dimension_count')} is odd (${ropeDim})`);
  const layers = readInteger(metadata, key('block_count'), 1, LIMITS.layers);
  return {
    contextTokens: readInteger(metadata, key('context_length'), 1, LIMITS.context),
    width,
    layers,
    heads,
    kvHeads,
    headDim,
    ffnWidth,
    vocab: tensors.get('token_embd.weight')?.shape[1] ?? 0,
    rmsEpsilon: readPositive(metadata, key('attention.layer_norm_rms_epsilon')),
    attentionLayers: Array.from({ length: layers }, (_, i) => i),
    ropeDim,
  };
}

/**
 * The sliding window of each layer, 0 where a layer sees everything. The pattern is a list of whether each layer slides, or a period
 * whose last layer does not.
 */
export function readWindows(
  metadata: Metadata,
  architecture: string,
  layers: number,
  defaults: { window: number; period: number },
): number[] {
  const key = (name: string) => `${architecture}.attention.${name}`;
  const window = readInteger(metadata, key('sliding_window'), 0, LIMITS.context, defaults.window);
  const given = metadata.get(key('sliding_window_pattern'));
  if (given?.type === 'array') {
    const list = given.itemType === 'bool' ? given.value : Array.from(metadata.numbers(key('sliding_window_pattern')));
    if (list.length < layers) {
      throw new LocalLLMError(
        'bad-file',
        `${key('sliding_window_pattern')} has ${list.length} entries for ${layers} layers. The file is damaged.`,
      );
    }
    return Array.from({ length: layers }, (_, i) => (list[i] ? window : 0));
  }
  const period = readInteger(metadata, key('sliding_window_pattern'), 0, LIMITS.layers, defaults.period);
  return Array.from({ length: layers }, (_, i) => (period === 0 || i % period < period - 1 ? window : 0));
}
