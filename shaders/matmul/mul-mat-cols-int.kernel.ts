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
/** Of one workgroup. */
export const TOKENS = 4;
/** For fewer, mul-mat-vec-int is faster even token by token. */
export const MIN_TOKENS = 3;
/** From so many rows on there are workgroups enough for 4 rows a thread, and for fewer threads a row. */
const [TALL, TALLER] = [2048, 12_000];

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]`, four tokens at a time, x as integers of 16 bits. Bindings and parameters:
 * {@link matmulFragments}. None where {@link integerOptions} are none.
 */
export function mulMatColsIntKernel(options: MatmulOptions): MatmulVariant | undefined {
  const { rows: ofW = 0 } = options;
  const lanes = ofW >= TALLER ? 16 : 32;
  const integers = integerOptions(options, lanes);
  if (!integers) return undefined;
  const { weights, subgroup } = integers;
  const rowsPerThread = ofW >= TALL ? 4 : 2;
  const rowsPerWorkgroup = (THREADS / lanes) * rowsPerThread;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-cols-int', options),
      [
        ...matmulFragments(options, weights, X_INTEGERS),
        { file: 'shaders/matmul/mul-mat-cols-int.wgsl', text: mulMatColsInt },
      ],
      { THREADS, LANES: lanes, ROWS: rowsPerThread, SUBGROUP: subgroup },
      ['subgroups'],
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), Math.ceil(tokens / TOKENS)),
    minTokens: MIN_TOKENS,
  };
}
