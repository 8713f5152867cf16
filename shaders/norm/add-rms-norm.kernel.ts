import { type Adapter, defineKernel, type Fragment, type Kernel, PORTABLE } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import branchNormed from '../lib/branch-normed.wgsl?raw';
import branchScaled from '../lib/branch-scaled.wgsl?raw';
import rowsOutputs from '../lib/rows-outputs.wgsl?raw';
import rowsTokens from '../lib/rows-tokens.wgsl?raw';
import addRmsNorm from './add-rms-norm.wgsl?raw';
import { rowFragments } from './norm-threads.ts';

/** `tokens`: every token of the batch. `outputs`: only those whose logits are wanted, gathered to the front of h. */
export type NormRows = 'tokens' | 'outputs';

const ROWS: Record<NormRows, Fragment> = {
  tokens: { file: 'shaders/lib/rows-tokens.wgsl', text: rowsTokens },
  outputs: { file: 'shaders/lib/rows-outputs.wgsl', text: rowsOutputs },
};

/** How r joins: times a factor, or after an RMSNorm of its own. */
export type BranchKind = 'scaled' | 'normed';

const BRANCHES: Record<BranchKind, Fragment> = {
  scaled: { file: 'shaders/lib/branch-scaled.wgsl', text: branchScaled },
  normed: { file: 'shaders/lib/branch-normed.wgsl', text: branchNormed },
};

/**
 * `x[s] += branch(r[s]); h[row] = x[s] / sqrt(mean(x[s]²) + eps) * weight`, with s = row, or for `outputs` s = the token of output `row`.
 * Grid: `normGrid(T)`, or `normGrid(R)` for `outputs`.
 *
 * Bindings: 0 params `{eps, branch_scale}`, 1 batch, 2 x `[T, width]` (updated), 3 r `[T, width]`, 4 weight `[width]`,
 * 5 h `[T or R, width]` (written), for `normed` 6 branch_weight `[width]`; all f32. width: a multiple of 4.
 */
export function addRmsNormKernel(options: {
  width: number;
  rows: NormRows;
  branch: BranchKind;
  adapter?: Adapter;
}): Kernel {
  const { width, adapter = PORTABLE } = options;
  return defineKernel(`add-rms-norm-f32-${options.rows}${options.branch === 'normed' ? '-post-norm' : ''}`, [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ROWS[options.rows],
    ...rowFragments(width, adapter),
    BRANCHES[options.branch],
    { file: 'shaders/norm/add-rms-norm.wgsl', text: addRmsNorm },
  ]);
}
