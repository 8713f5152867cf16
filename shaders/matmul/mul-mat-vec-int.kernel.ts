import { defineKernel, foldGrid } from '../kernel.ts';
import { integerOptions, matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatVecInt from './mul-mat-vec-int.wgsl?raw';
import { BLOCK } from './weights.ts';

const LANES = 32; // threads that share rows
const ELEMENTS = 8; // of x, of which a thread makes integers at a time

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]`, token by token, activations rounded to 16 bits. Bindings and parameters:
 * {@link matmulFragments}. None where {@link integerOptions} are none.
 */
export function mulMatVecIntKernel(options: MatmulOptions): MatmulVariant | undefined {
  const integers = integerOptions(options, LANES);
  if (!integers) return undefined;
  const { weights, subgroup, rowsPerThread } = integers;
  const threads = options.cols <= LANES * BLOCK ? 128 : 256;
  const rowsPerWorkgroup = (threads / LANES) * rowsPerThread;
  const sides = options.cols <= threads * ELEMENTS ? 1 : 2;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-vec-int', options),
      [...matmulFragments(options, weights), { file: 'shaders/matmul/mul-mat-vec-int.wgsl', text: mulMatVecInt }],
      { THREADS: threads, LANES, ROWS: rowsPerThread, SIDES: sides, SUBGROUP: subgroup },
      ['subgroups'],
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), tokens),
    minTokens: 1,
  };
}
