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
import { startingWith, type VecShape, vecShape } from './vec-shape.ts';
import { BLOCK, weightLayout } from './weights.ts';

const ELEMENTS = 8; // of x, of which a thread makes integers at a time

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]`, token by token, activations rounded to 16 bits. Bindings and parameters:
 * {@link matmulFragments}. None where {@link integerOptions} are none.
 */
export function mulMatVecIntKernel(
  options: MatmulOptions,
  { threads, lanes, rowsPerThread }: VecShape = expected(options),
): MatmulVariant | undefined {
  const integers = integerOptions(options, lanes);
  if (!integers) return undefined;
  const { weights, subgroup } = integers;
  const rowsPerWorkgroup = (threads / lanes) * rowsPerThread;
  const sides = sidesOf(options, threads);
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

const shape = vecShape('integers');

/** Those that were the best somewhere, or nearly so. */
const SHAPES = [
  shape(64, 16, 2),
  shape(64, 16, 4),
  shape(128, 32, 2),
  shape(128, 32, 4),
  shape(256, 32, 2),
  shape(256, 32, 4),
  shape(256, 64, 2),
  shape(256, 64, 4),
  shape(384, 32, 2),
  shape(512, 64, 2),
  shape(512, 128, 2),
  shape(768, 192, 2),
  shape(1024, 128, 2),
];
/** From so many rows on, workgroups are enough: small ones were the best there, and never below. */
const TALL = 8192;

/** The one that is expected to be the best, then all others that are worth measuring. None where there is no such kernel. */
export function intShapes(options: MatmulOptions): VecShape[] {
  const first = expected(options);
  if (!integerOptions(options, first.lanes)) return [];
  const [least, most] = (options.rows ?? 0) >= TALL ? [64, 384] : [128, Infinity];
  const useful = (options.cols / ELEMENTS) * 2; // beyond that most threads have nothing to do
  const fitting = SHAPES.filter(
    (one) => one.threads >= least && one.threads <= Math.min(most, useful) && fits(options, one),
  );
  return startingWith(first, fitting);
}

/** Sides of workgroup memory: one where x is one chunk. */
const sidesOf = ({ cols }: MatmulOptions, threads: number): number => (cols <= threads * ELEMENTS ? 1 : 2);

/** Of a block of x as integers: two bytes an element, step and sums. */
const BLOCK_BYTES = BLOCK * 2 + 16;
/** Of the sums of a subgroup. */
const PARTIAL_BYTES = 16;

/** Whether the adapter has the threads and the workgroup memory. */
function fits(options: MatmulOptions, { threads, lanes }: VecShape): boolean {
  const { workgroupThreads, workgroupBytes } = options.adapter ?? PORTABLE;
  const { subgroup = 1 } = integerOptions(options, lanes) ?? {};
  const blocks = (sidesOf(options, threads) * threads * ELEMENTS) / BLOCK;
  const bytes = blocks * BLOCK_BYTES + (threads / subgroup) * PARTIAL_BYTES;
  return threads <= workgroupThreads && bytes <= workgroupBytes;
}

/**
 * As measured on one GPU: the many workgroups of a tall matrix overlap best when they are small and do much for each integer of x, those
 * of a low one need their threads, and to be so many that they share the GPU evenly: 64 threads a pair of rows instead of 32 make
 * twice as many. Of weights of 4 bits a thread then takes two blocks. x of 2048 at most is one chunk of 256 threads, without a second
 * round, x of 3072 one of 384.
 */
function expected(options: MatmulOptions): VecShape {
  const { type, cols, rows = 0 } = options;
  const short = cols <= 32 * BLOCK;
  const long = cols > 256 * ELEMENTS;
  const tall = rows >= (long ? TALL : 24_000);
  if (tall) return shape(short || long ? 128 : 256, 32, 4);
  const low = rows <= 3072 && cols > 4096;
  const large = shape(512, 64, 2);
  if (low) return weightLayout(type, 1, BLOCK).unitsPerRow === 1 && fits(options, large) ? large : shape(256, 64, 2);
  const whole = shape(384, 32, 2);
  if (long && cols <= 384 * ELEMENTS && fits(options, whole)) return whole;
  return shape(short ? 128 : 256, 32, 2);
}
