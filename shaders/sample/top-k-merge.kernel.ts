import { defineKernel, type Kernel } from '../kernel.ts';
import sort from '../lib/top-k-sort.wgsl?raw';
import source from './top-k-merge.wgsl?raw';

/**
 * The 128 best of each 1024 candidates. Grid: (chunks, rows).
 *
 * Bindings: 0 params `{count}`, 1 source `[R, count]` of (logit, id), 2 candidates `[R, chunks · 128]` (written).
 */
export function topKMergeKernel(threads = 256): Kernel {
  return defineKernel(
    'top-k-merge-f32',
    [
      { file: 'shaders/lib/top-k-sort.wgsl', text: sort },
      { file: 'shaders/sample/top-k-merge.wgsl', text: source },
    ],
    { THREADS: threads },
  );
}
