import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import argmax from './argmax.wgsl?raw';

/**
 * The most likely token of each row, and whether the row has a value that is not finite.
 *
 * Bindings: 0 params `{vocab}`, 1 logits `[R, vocab]`, 2 picks `[R]` of (id, logit bits, not finite, 0) (written).
 */
export function argmaxKernel(): Kernel {
  return defineKernel('argmax-f32', [{ file: 'shaders/sample/argmax.wgsl', text: argmax }]);
}

/** One workgroup a row. */
export function argmaxGrid(rows: number): Grid {
  return [rows, 1, 1];
}
