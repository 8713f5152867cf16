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
import { intShapes, mulMatVecIntKernel } from './mul-mat-vec-int.kernel.ts';
import { floatShapes, mulMatVecKernel } from './mul-mat-vec.kernel.ts';
import { shapeName, type VecShape } from './vec-shape.ts';
import { weightName } from './weights.ts';

/** The shapes of one token's product that are worth measuring, the first where nothing was measured. One on a software adapter. */
export function vecShapes(options: MatmulOptions): readonly VecShape[] {
  const { adapter } = options;
  const floats = floatShapes(options);
  if (!adapter || adapter.software) return floats.slice(0, 1);
  const integers = intShapes(options);
  // Where the vendor is known for the instruction, floats were slower by far.
  return adapter.integerDot && integers.length > 0 ? integers : [...floats, ...integers];
}

/** Raised when the kernels for one token change so that what was measured of them may not hold any more. */
const MEASURED_FOR = 1;

/** `q4-k store 3072 8192 1`: products that the same shape is the best for. */
export function productName({ type, epilogue, rows = 0, cols }: MatmulOptions): string {
  return `${weightName(type)} ${epilogue} ${rows} ${cols} ${MEASURED_FOR}`;
}

/** For one token, in the shape that was asked for. */
export function vecKernel(options: MatmulOptions): MatmulVariant {
  const shapes = vecShapes(options);
  const shape = shapes.find((one) => shapeName(one) === options.shape) ?? shapes[0];
  const inIntegers = shape?.arithmetic === 'integers' ? mulMatVecIntKernel(options, shape) : undefined;
  return inIntegers ?? mulMatVecKernel(options, shape);
}

/**
 * Kernels for the same work with the same bindings and parameters, by rising `minTokens`. On a CPU tiles lose to
 * several columns at any number of tokens: workgroup memory is plain memory there, and every barrier a switch of context.
 */
export function matmulKernels(options: MatmulOptions): MatmulVariant[] {
  const one = vecKernel(options);
  const few = columnsInIntegers(options) ? [one] : [one, mulMatColsKernel(options)];
  if (options.adapter?.software) return few;
  const many = mulMatSubgroupMatrixKernels(options) ?? [mulMatSmallTileKernel(options), mulMatTileKernel(options)];
  return [...few, ...many];
}

/**
 * The best for `minTokens` to `maxTokens` tokens where adapter and type have products in integers. It takes x as `toIntegersKernel` writes
 * it, so its bindings are not those of the others.
 */
export function fewTokensKernel(options: MatmulOptions): (MatmulVariant & { maxTokens: number }) | undefined {
  const product = columnsInIntegers(options);
  if (!product) return undefined;
  const [, more] = matmulKernels(options);
  const maxTokens = (more?.minTokens ?? 32) - 1;
  return maxTokens < product.minTokens ? undefined : { ...product, maxTokens };
}

const columnsInIntegers = (options: MatmulOptions): MatmulVariant | undefined =>
  options.adapter?.integerDot ? mulMatColsIntKernel(options) : undefined;
