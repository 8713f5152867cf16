import { type Adapter, defineKernel, type Grid, type Kernel, PORTABLE } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import { rowFragments } from './norm-threads.ts';
import rmsNorm from './rms-norm.wgsl?raw';

/**
 * `h[t] = x[t] / sqrt(mean(x[t]²) + eps) * weight`.
 *
 * Bindings: 0 params `{eps}`, 1 batch, 2 x `[T, width]`, 3 weight `[width]`, 4 h `[T, width]` (written); all f32. width: a multiple of 4.
 */
export function rmsNormKernel(options: { width: number; adapter?: Adapter }): Kernel {
  const { width, adapter = PORTABLE } = options;
  return defineKernel('rms-norm-f32', [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...rowFragments(width, adapter),
    { file: 'shaders/norm/rms-norm.wgsl', text: rmsNorm },
  ]);
}

/** One workgroup a row. */
export function normGrid(rows: number): Grid {
  return [rows, 1, 1];
}
