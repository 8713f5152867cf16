import { defineKernel, foldGrid } from '../kernel.ts';
import { lanesFor, matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatVec from './mul-mat-vec.wgsl?raw';
import { stepsPerRow } from './weights.ts';

const ROWS = 4; // of one thread

/** `y[token, row] = Σ_k x[token, k] · W[row, k]`, token by token. Bindings and parameters: {@link matmulFragments}. */
export function mulMatVecKernel(options: MatmulOptions): MatmulVariant {
  const [threads, lanes] = options.adapter?.software
    ? [16, 1]
    : [64, lanesFor(stepsPerRow(options.type, options.cols))];
  const rowsPerWorkgroup = (threads / lanes) * ROWS;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-vec', options),
      [...matmulFragments(options), { file: 'shaders/matmul/mul-mat-vec.wgsl', text: mulMatVec }],
      { THREADS: threads, LANES: lanes },
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), tokens),
    minTokens: 1,
  };
}
