/**
 * The product with a weight matrix, `y[token, row] = Σ_k x[token, k] · W[row, k]`, in the shapes for few and many tokens.
 *
 * @module
 */
import type { MatmulOptions, MatmulVariant } from './fragments.ts';
import { mulMatColsIntKernel } from './mul-mat-cols-int.kernel.ts';
import { mulMatColsKernel } from './mul-mat-cols.kernel.ts';
import { mulMatSubgroupMatrixKernels } from './mul-mat-subgroup-matrix.kernel.ts';
import { mulMatSmallTileKernel, mulMatTileKernel } from './mul-mat-tile.kernel.ts';
import { mulMatVecIntKernel } from './mul-mat-vec-int.kernel.ts';
import { mulMatVecKernel } from './mul-mat-vec.kernel.ts';

/**
 * Kernels for the same work with the same bindings and parameters, by rising `minTokens`. On a CPU tiles lose to
 * several columns at any number of tokens: workgroup memory is plain memory there, and every barrier a switch of context.
 */
export function matmulKernels(options: MatmulOptions): MatmulVariant[] {
  const few = [
    mulMatVecIntKernel(options) ?? mulMatVecKernel(options),
    mulMatColsIntKernel(options) ?? mulMatColsKernel(options),
  ];
  if (options.adapter?.software) return few;
  const many = mulMatSubgroupMatrixKernels(options) ?? [mulMatSmallTileKernel(options), mulMatTileKernel(options)];
  return [...few, ...many];
}
