import { defineKernel, type Kernel } from '../kernel.ts';
import sort from '../lib/top-k-sort.wgsl?raw';
import source from './top-k-scan.wgsl?raw';

/**
 * The 128 largest logits of each chunk of 1024. Grid: (chunks, rows).
 *
 * Bindings: 0 params `{vocab}`, 1 logits `[R, vocab]`, 2 candidates `[R, chunks · 128]` of (logit, id) (written).
 */
export function topKScanKernel(threads = 256): Kernel {
  return defineKernel(
    'top-k-scan-f32',
    [
      { file: 'shaders/lib/top-k-sort.wgsl', text: sort },
      { file: 'shaders/sample/top-k-scan.wgsl', text: source },
    ],
    { THREADS: threads },
  );
}
