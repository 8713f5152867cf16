import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import workgroupSum from '../lib/workgroup-sum.wgsl?raw';
import normQk from './norm-qk.wgsl?raw';
import { normThreads } from './rms-norm.kernel.ts';

/**
 * RMSNorm of all queries of a token as one row, and of all its keys, in place.
 *
 * Bindings: 0 params `{q_width, k_width, stride (all floats, multiples of 4), eps}`, 1 batch, 2 qkv `[T, stride]` f32 (queries, keys, …;
 * updated), 3 weight `[q_width + k_width]` f32.
 */
export function normQkKernel(options: { qWidth: number }): Kernel {
  return defineKernel(
    'norm-qk-f32',
    [
      { file: 'shaders/lib/batch.wgsl', text: batch },
      { file: 'shaders/lib/workgroup-sum.wgsl', text: workgroupSum },
      { file: 'shaders/norm/norm-qk.wgsl', text: normQk },
    ],
    { THREADS: normThreads(options.qWidth) },
  );
}

export function normQkGrid(tokens: number): Grid {
  return [tokens, 2, 1];
}
