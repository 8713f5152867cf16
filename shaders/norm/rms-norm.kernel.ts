import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import workgroupSum from '../lib/workgroup-sum.wgsl?raw';
import rmsNorm from './rms-norm.wgsl?raw';

/**
 * `h[t] = x[t] / sqrt(mean(x[t]²) + eps) * weight`.
 *
 * Bindings: 0 params `{width (multiple of 4), eps}`, 1 batch, 2 x `[T, width]`, 3 weight `[width]`, 4 h `[T, width]` (written); all f32.
 */
export function rmsNormKernel(options: { width: number }): Kernel {
  return defineKernel(
    'rms-norm-f32',
    [
      { file: 'shaders/lib/batch.wgsl', text: batch },
      { file: 'shaders/lib/workgroup-sum.wgsl', text: workgroupSum },
      { file: 'shaders/norm/rms-norm.wgsl', text: rmsNorm },
    ],
    { THREADS: normThreads(options.width) },
  );
}

/** One workgroup a row. */
export function normGrid(rows: number): Grid {
  return [rows, 1, 1];
}

/**
 * Enough threads that a wide row has many loads in flight, few enough that a narrow one leaves none idle: a software adapter
 * pays for each thread (512 wide: 61 µs a row with 64 threads, 31 µs with 32, on SwiftShader).
 */
export function normThreads(width: number): number {
  if (width <= 1024) return 32;
  return width <= 2048 ? 64 : 256;
}
