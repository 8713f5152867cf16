/**
 * Hyper-parameters within bounds: a file may claim anything.
 *
 * @module
 */
import type { Metadata } from '../gguf/metadata.ts';
import { LocalLLMError } from '../protocol/errors.ts';

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

/** The keys that every decoder-only transformer has, under its architecture's name. */
export function readTransformer(metadata: Metadata, architecture: string) {
  const key = (name: string) => `${architecture}.${name}`;
  const width = readInteger(metadata, key('embedding_length'), 1, LIMITS.width);
  const heads = readInteger(metadata, key('attention.head_count'), 1, LIMITS.heads);
  const kvHeads = readInteger(metadata, key('attention.head_count_kv'), 1, heads, heads);
  const headDim = readInteger(metadata, key('attention.key_length'), 4, LIMITS.headDim, width / heads);
  const valueDim = metadata.number(key('attention.value_length'), headDim);
  const ffnWidth = readInteger(metadata, key('feed_forward_length'), 1, LIMITS.ffnWidth);
  const ropeDim = readInteger(metadata, key('rope.dimension_count'), 2, headDim, headDim);
  const refuse = (problem: string) => {
    throw new LocalLLMError('not-supported', `${problem}: this engine does not run such a model.`);
  };
  if (width % 32 !== 0) refuse(`${key('embedding_length')} is ${width}, not a multiple of 32`);
  if (ffnWidth % 32 !== 0) refuse(`${key('feed_forward_length')} is ${ffnWidth}, not a multiple of 32`);
  if (heads % kvHeads !== 0) refuse(`${heads} heads do not share ${kvHeads} key-value heads evenly`);
  if (headDim % 4 !== 0 || (heads * headDim) % 32 !== 0) refuse(`Heads of ${headDim} dimensions`);
  if (valueDim !== headDim) refuse(`${key('attention.value_length')} is ${valueDim}, unlike the key length ${headDim}`);
  if (ropeDim % 2 !== 0) refuse(`${key('rope.dimension_count')} is odd (${ropeDim})`);
  return {
    contextTokens: readInteger(metadata, key('context_length'), 1, LIMITS.context),
    width,
    layers: readInteger(metadata, key('block_count'), 1, LIMITS.layers),
    heads,
    kvHeads,
    headDim,
    ffnWidth,
    rmsEpsilon: readPositive(metadata, key('attention.layer_norm_rms_epsilon')),
    ropeDim,
    ropeBase: readPositive(metadata, key('rope.freq_base'), 10_000),
  };
}
