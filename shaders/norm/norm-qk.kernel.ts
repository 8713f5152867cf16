import { type Adapter, defineKernel, type Grid, type Kernel, PORTABLE } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import normQk from './norm-qk.wgsl?raw';
import { rowFragments } from './norm-threads.ts';

/**
 * RMSNorm of all queries of a token as one row, and of all its keys, in place.
 *
 * Bindings: 0 params `{q_width, k_width, stride (all floats, multiples of 4), eps}`, 1 batch, 2 qkv `[T, stride]` f32 (queries, keys, …;
 * updated), 3 weight `[q_width + k_width]` f32.
 */
export function normQkKernel(options: { qWidth: number; adapter?: Adapter }): Kernel {
  const { qWidth, adapter = PORTABLE } = options;
  return defineKernel('norm-qk-f32', [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...rowFragments(qWidth, adapter),
    { file: 'shaders/norm/norm-qk.wgsl', text: normQk },
  ]);
}

export function normQkGrid(tokens: number): Grid {
  return [tokens, 2, 1];
}
