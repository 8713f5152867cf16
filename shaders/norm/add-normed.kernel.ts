import { defineKernel, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import workgroupSum from '../lib/workgroup-sum.wgsl?raw';
import addNormed from './add-normed.wgsl?raw';
import { normThreads } from './rms-norm.kernel.ts';

/**
 * `x[t] += r[t] / sqrt(mean(r[t]²) + eps) * weight`. Grid: `normGrid(T)`.
 *
 * Bindings: 0 params `{width (multiple of 4), eps}`, 1 batch, 2 x `[T, width]` (updated), 3 r `[T, width]`, 4 weight `[width]`; all f32.
 */
export function addNormedKernel(options: { width: number }): Kernel {
  return defineKernel(
    'add-normed-f32',
    [
      { file: 'shaders/lib/batch.wgsl', text: batch },
      { file: 'shaders/lib/workgroup-sum.wgsl', text: workgroupSum },
      { file: 'shaders/norm/add-normed.wgsl', text: addNormed },
    ],
    { THREADS: normThreads(options.width) },
  );
}
