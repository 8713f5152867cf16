import { defineKernel, type Fragment, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import rowsOutputs from '../lib/rows-outputs.wgsl?raw';
import rowsTokens from '../lib/rows-tokens.wgsl?raw';
import workgroupSum from '../lib/workgroup-sum.wgsl?raw';
import addRmsNorm from './add-rms-norm.wgsl?raw';
import { normThreads } from './rms-norm.kernel.ts';

/** `tokens`: every token of the batch. `outputs`: only those whose logits are wanted, gathered to the front of h. */
export type NormRows = 'tokens' | 'outputs';

const ROWS: Record<NormRows, Fragment> = {
  tokens: { file: 'shaders/lib/rows-tokens.wgsl', text: rowsTokens },
  outputs: { file: 'shaders/lib/rows-outputs.wgsl', text: rowsOutputs },
};

/**
 * `x[s] += r[s]; h[row] = x[s] / sqrt(mean(x[s]²) + eps) * weight`, with s = row, or for `outputs` s = the token of output `row`.
 * Grid: `normGrid(T)`, or `normGrid(R)` for `outputs`.
 *
 * Bindings: 0 params `{width (multiple of 4), eps}`, 1 batch, 2 x `[T, width]` (updated), 3 r `[T, width]`, 4 weight `[width]`,
 * 5 h `[T or R, width]` (written); all f32.
 */
export function addRmsNormKernel(options: { width: number; rows: NormRows }): Kernel {
  return defineKernel(
    `add-rms-norm-f32-${options.rows}`,
    [
      { file: 'shaders/lib/batch.wgsl', text: batch },
      ROWS[options.rows],
      { file: 'shaders/lib/workgroup-sum.wgsl', text: workgroupSum },
      { file: 'shaders/norm/add-rms-norm.wgsl', text: addRmsNorm },
    ],
    { THREADS: normThreads(options.width) },
  );
}
