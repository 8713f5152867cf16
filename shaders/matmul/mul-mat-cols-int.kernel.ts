import { defineKernel, foldGrid } from '../kernel.ts';
import { integerOptions, matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatColsInt from './mul-mat-cols-int.wgsl?raw';

const THREADS = 256;
const LANES = 32; // threads that share rows
const TOKENS = 4;
/** From so many rows on there are workgroups enough for 4 rows a thread. */
const TALL = 4096;

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]`, four tokens at a time, activations rounded to 16 bits. Bindings and parameters:
 * {@link matmulFragments}. None where {@link integerOptions} are none.
 */
export function mulMatColsIntKernel(options: MatmulOptions): MatmulVariant | undefined {
  const integers = integerOptions(options, LANES);
  if (!integers) return undefined;
  const { weights, subgroup } = integers;
  const rowsPerThread = (options.rows ?? 0) >= TALL ? 4 : 2;
  const rowsPerWorkgroup = (THREADS / LANES) * rowsPerThread;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-cols-int', options),
      [...matmulFragments(options, weights), { file: 'shaders/matmul/mul-mat-cols-int.wgsl', text: mulMatColsInt }],
      { THREADS, LANES, ROWS: rowsPerThread, SUBGROUP: subgroup },
      ['subgroups'],
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), Math.ceil(tokens / TOKENS)),
    minTokens: 5, // for fewer, mul-mat-vec-int is faster even token by token
  };
}
