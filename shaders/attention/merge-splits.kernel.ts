import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import mergeSplits from './merge-splits.wgsl?raw';

const THREADS = 256;

/**
 * The outputs of attention in several splits: see `paged-attention.kernel.ts`.
 *
 * Bindings: 0 params `{heads}`, 1 batch, 2 partials `[splits, T, heads, headDim + 4]`, 3 out `[T, heads, headDim]` (written); all f32.
 */
export function mergeSplitsKernel(options: { headDim: number }): Kernel {
  const { headDim } = options;
  const text = `const HEAD_ELEMENTS: u32 = ${headDim / 4}u;\nconst THREADS: u32 = ${THREADS}u;`;
  return defineKernel(`merge-splits-f32-${headDim}`, [
    { file: 'prelude', text },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    { file: 'shaders/attention/merge-splits.wgsl', text: mergeSplits },
  ]);
}

export function mergeSplitsGrid(options: { tokens: number; heads: number }): Grid {
  return [options.heads, options.tokens, 1];
}
