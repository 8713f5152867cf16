import { type Adapter, defineKernel, type Kernel, PORTABLE } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import addNormed from './add-normed.wgsl?raw';
import { rowFragments } from './norm-threads.ts';

/**
 * `x[t] += r[t] / sqrt(mean(r[t]²) + eps) * weight`. Grid: `normGrid(T)`.
 *
 * Bindings: 0 params `{eps}`, 1 batch, 2 x `[T, width]` (updated), 3 r `[T, width]`, 4 weight `[width]`; all f32. width: a multiple of 4.
 */
export function addNormedKernel(options: { width: number; adapter?: Adapter }): Kernel {
  const { width, adapter = PORTABLE } = options;
  return defineKernel('add-normed-f32', [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...rowFragments(width, adapter),
    { file: 'shaders/norm/add-normed.wgsl', text: addNormed },
  ]);
}
