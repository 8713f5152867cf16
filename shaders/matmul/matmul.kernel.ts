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
  const inIntegers = mulMatVecIntKernel(options);
  const few = inIntegers ? [inIntegers] : [mulMatVecKernel(options), mulMatColsKernel(options)];
  if (options.adapter?.software) return few;
  const many = mulMatSubgroupMatrixKernels(options) ?? [mulMatSmallTileKernel(options), mulMatTileKernel(options)];
  return [...few, ...many];
}

/**
 * The best for `minTokens` to `maxTokens` tokens where adapter and type have products in integers. It takes x as `toIntegersKernel` writes
 * it, so its bindings are not those of the others.
 */
export function fewTokensKernel(options: MatmulOptions): (MatmulVariant & { maxTokens: number }) | undefined {
  const product = mulMatColsIntKernel(options);
  if (!product) return undefined;
  const [, more] = matmulKernels(options);
  const maxTokens = (more?.minTokens ?? 32) - 1;
  return maxTokens < product.minTokens ? undefined : { ...product, maxTokens };
}
