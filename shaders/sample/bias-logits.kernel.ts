import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import biasLogits from './bias-logits.wgsl?raw';

const THREADS = 64;
/** Words of an entry, and of the count before them. */
export const BIAS_WORDS = 3;

/**
 * Logit biases, in place.
 *
 * Bindings: 0 params `{vocab}`, 1 entries (a count, then (row, id, bias) each, 3 words), 2 logits `[R, vocab]` f32 (updated).
 */
export function biasLogitsKernel(): Kernel {
  return defineKernel('bias-logits-f32', [{ file: 'shaders/sample/bias-logits.wgsl', text: biasLogits }]);
}

/** For up to `entries` biases; the number in use stands in the buffer. */
export function biasLogitsGrid(entries: number): Grid {
  return [Math.ceil(entries / THREADS), 1, 1];
}
