import { defineKernel, foldGrid } from '../kernel.ts';
import {
  integerOptions,
  matmulFragments,
  matmulName,
  type MatmulOptions,
  type MatmulVariant,
  TO_INTEGERS,
} from './fragments.ts';
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
  const { weights, subgroup } = integers;
  const { threads, rowsPerThread } = shapeFor(options);
  const rowsPerWorkgroup = (threads / LANES) * rowsPerThread;
  const sides = options.cols <= threads * ELEMENTS ? 1 : 2;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-vec-int', options),
      [
        ...matmulFragments(options, [TO_INTEGERS, ...weights]),
        { file: 'shaders/matmul/mul-mat-vec-int.wgsl', text: mulMatVecInt },
      ],
      { THREADS: threads, LANES, ROWS: rowsPerThread, SIDES: sides, SUBGROUP: subgroup },
      ['subgroups'],
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), tokens),
    minTokens: 1,
  };
}

/**
 * As measured: the many workgroups of a tall matrix overlap best when they are small and do much for each integer of x, those
 * of a low one need their threads. x of 2048 at most is one chunk of 256 threads, without a second round.
 */
function shapeFor({ cols, rows = 0 }: MatmulOptions): { threads: number; rowsPerThread: number } {
  const short = cols <= LANES * BLOCK;
  const long = cols > 256 * ELEMENTS;
  const tall = rows >= (long ? 8192 : 24_000);
  return { threads: short || (long && tall) ? 128 : 256, rowsPerThread: tall ? 4 : 2 };
}
