import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import softmaxSums from './softmax-sums.wgsl?raw';

/**
 * `(max, Σexp(l − max), Σexp((l − max) · inverse temperature), 0)` of each row of logits.
 *
 * Bindings: 0 params `{vocab}`, 1 logits `[R, vocab]`, 2 inverse temperatures `[R]`, 3 sums `[R]` (written).
 */
export function softmaxSumsKernel(): Kernel {
  return defineKernel('softmax-sums-f32', [{ file: 'shaders/sample/softmax-sums.wgsl', text: softmaxSums }]);
}

/** One workgroup a row. */
export function softmaxSumsGrid(rows: number): Grid {
  return [rows, 1, 1];
}
