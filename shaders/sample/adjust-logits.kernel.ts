import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import adjustLogits from './adjust-logits.wgsl?raw';

const THREADS = 64;

/**
 * Repetition, presence and frequency penalties and logit bias, in place.
 *
 * Bindings: 0 params `{vocab}`, 1 entries (a count, then one adjustment each), 2 logits `[R, vocab]` (updated).
 */
export function adjustLogitsKernel(): Kernel {
  return defineKernel('adjust-logits-f32', [{ file: 'shaders/sample/adjust-logits.wgsl', text: adjustLogits }]);
}

/** For up to `entries` adjustments; the number in use stands in the buffer. */
export function adjustLogitsGrid(entries: number): Grid {
  return [Math.ceil(entries / THREADS), 1, 1];
}
