import { defineKernel, foldGrid, PORTABLE } from '../kernel.ts';
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

const ELEMENTS = 8; // of x, of which a thread makes integers at a time

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]`, token by token, activations rounded to 16 bits. Bindings and parameters:
 * {@link matmulFragments}. None where {@link integerOptions} are none.
 */
export function mulMatVecIntKernel(options: MatmulOptions): MatmulVariant | undefined {
  const { threads, lanes, rowsPerThread } = shapeFor(options);
  const integers = integerOptions(options, lanes);
  if (!integers) return undefined;
  const { weights, subgroup } = integers;
  const rowsPerWorkgroup = (threads / lanes) * rowsPerThread;
  const sides = options.cols <= threads * ELEMENTS ? 1 : 2;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-vec-int', options),
      [
        ...matmulFragments(options, [TO_INTEGERS, ...weights]),
        { file: 'shaders/matmul/mul-mat-vec-int.wgsl', text: mulMatVecInt },
      ],
      { THREADS: threads, LANES: lanes, ROWS: rowsPerThread, SIDES: sides, SUBGROUP: subgroup },
      ['subgroups'],
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), tokens),
    minTokens: 1,
  };
}

interface Shape {
  threads: number;
  /** Threads that share rows. */
  lanes: number;
  rowsPerThread: number;
}

/**
 * As measured: the many workgroups of a tall matrix overlap best when they are small and do much for each integer of x, those
 * of a low one need their threads, and to be so many that they share the GPU evenly: 64 threads a pair of rows instead of 32 make
 * twice as many. x of 2048 at most is one chunk of 256 threads, without a second round, x of 3072 one of 384.
 */
function shapeFor({ cols, rows = 0, adapter = PORTABLE }: MatmulOptions): Shape {
  const short = cols <= 32 * BLOCK;
  const long = cols > 256 * ELEMENTS;
  const tall = rows >= (long ? 8192 : 24_000);
  if (tall) return { threads: short || long ? 128 : 256, lanes: 32, rowsPerThread: 4 };
  const threads = long && cols <= 384 * ELEMENTS && adapter.workgroupThreads >= 384 ? 384 : 256;
  const low = rows <= 3072 && cols > 4096;
  return { threads: short ? 128 : threads, lanes: low ? 64 : 32, rowsPerThread: 2 };
}
