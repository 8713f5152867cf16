import { defineKernel, foldGrid } from '../kernel.ts';
import {
  integerOptions,
  matmulFragments,
  matmulName,
  type MatmulOptions,
  type MatmulVariant,
  X_INTEGERS,
} from './fragments.ts';
import mulMatColsInt from './mul-mat-cols-int.wgsl?raw';

const THREADS = 64;
const ROWS = 4; // of one thread
/** Of one workgroup. */
export const TOKENS = 4;
/** For fewer, mul-mat-vec-int is faster even token by token. */
export const MIN_TOKENS = 3;

/** As measured: tall matrices have workgroups enough when few threads share a row, and short rows leave no thread idle then. */
function lanesOf({ cols, rows = 0 }: MatmulOptions): number {
  return rows >= (cols < 1024 ? 8000 : 16_000) ? 8 : 32;
}

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]`, four tokens at a time, x as integers of 16 bits. Bindings and parameters:
 * {@link matmulFragments}. None where {@link integerOptions} are none.
 */
export function mulMatColsIntKernel(options: MatmulOptions): MatmulVariant | undefined {
  const lanes = lanesOf(options);
  const integers = integerOptions(options, lanes);
  if (!integers) return undefined;
  const { weights, subgroup } = integers;
  const rowsPerWorkgroup = (THREADS / lanes) * ROWS;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-cols-int', options),
      [
        ...matmulFragments(options, weights, X_INTEGERS),
        { file: 'shaders/matmul/mul-mat-cols-int.wgsl', text: mulMatColsInt },
      ],
      { THREADS, LANES: lanes, SUBGROUP: subgroup },
      ['subgroups'],
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), Math.ceil(tokens / TOKENS)),
    minTokens: MIN_TOKENS,
  };
}
