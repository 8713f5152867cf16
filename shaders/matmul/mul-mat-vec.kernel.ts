import { defineKernel, foldGrid, PORTABLE } from '../kernel.ts';
import { lanesFor, matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatVec from './mul-mat-vec.wgsl?raw';
import { startingWith, type VecShape, vecShape } from './vec-shape.ts';
import { stepsPerRow } from './weights.ts';

/** `y[token, row] = Σ_k x[token, k] · W[row, k]`, token by token. Bindings and parameters: {@link matmulFragments}. */
export function mulMatVecKernel(
  options: MatmulOptions,
  { threads, lanes, rowsPerThread }: VecShape = expected(options),
): MatmulVariant {
  const rowsPerWorkgroup = (threads / lanes) * rowsPerThread;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-vec', options),
      [...matmulFragments(options), { file: 'shaders/matmul/mul-mat-vec.wgsl', text: mulMatVec }],
      { THREADS: threads, LANES: lanes, ROWS: rowsPerThread },
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), tokens),
    minTokens: 1,
  };
}

const shape = vecShape('floats');

const SHAPES = [
  shape(32, 8, 4),
  shape(32, 32, 4),
  shape(64, 8, 4),
  shape(64, 16, 4),
  shape(64, 32, 2),
  shape(64, 32, 4),
  shape(64, 64, 2),
  shape(64, 64, 4),
  shape(128, 32, 4),
  shape(128, 64, 4),
  shape(256, 32, 4),
  shape(256, 64, 4),
];

/** The one that is expected to be the best, then all others that are worth measuring. */
export function floatShapes(options: MatmulOptions): VecShape[] {
  const { workgroupThreads } = options.adapter ?? PORTABLE;
  const most = lanesFor(stepsPerRow(options.type, options.cols)); // beyond that threads have nothing to do
  const fitting = SHAPES.filter(({ threads, lanes }) => threads <= workgroupThreads && lanes <= most);
  return startingWith(expected(options), fitting);
}

function expected({ type, cols, adapter }: MatmulOptions): VecShape {
  return adapter?.software ? shape(16, 1, 4) : shape(64, lanesFor(stepsPerRow(type, cols)), 4);
}
