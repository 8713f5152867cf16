/**
 * The buffers that a transformer's forward works in.
 *
 * @module
 */
import type { Activation, ForwardContext } from '../ops/context.ts';
import type { Hyperparameters } from './architecture.ts';

export interface Activations {
  /** [T, width], what every layer adds to. */
  residual: Activation;
  /** [T, width], what a layer's first products read. */
  normed: Activation;
  /** [T, width], what a layer adds. */
  branch: Activation;
  /** [T, (heads + 2 · kvHeads) · headDim] */
  qkv: Activation;
  /** [T, heads · headDim] */
  attended: Activation;
  /** [T, ffnWidth] */
  hidden: Activation;
  /** [R, width] */
  result: Activation;
  /** [R, vocab] */
  logits: Activation;
}

/** @param qkvWidth where the joint projection has more columns. @throws LocalLLMError out-of-memory */
export async function openActivations(
  f: ForwardContext,
  { heads, kvHeads, headDim, width, ffnWidth, vocab }: Hyperparameters,
  qkvWidth = (heads + 2 * kvHeads) * headDim,
): Promise<Activations> {
  return {
    residual: await f.activation('residual', width),
    normed: await f.activation('normed', width),
    branch: await f.activation('branch', width),
    qkv: await f.activation('qkv', qkvWidth),
    attended: await f.activation('attended', heads * headDim),
    hidden: await f.activation('hidden', ffnWidth),
    result: await f.activation('result', width, 'outputs'),
    logits: await f.activation('logits', vocab, 'outputs'),
  };
}
