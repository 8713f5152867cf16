import { defineKernel, foldGrid } from '../kernel.ts';
import { lanesFor, matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatCols from './mul-mat-cols.wgsl?raw';
import { BLOCK } from './weights.ts';

const ROWS = 8; // of one thread
const TOKENS = 4;

/** `y[token, row] = Σ_k x[token, k] · W[row, k]`, four tokens at a time. Bindings and parameters: {@link matmulFragments}. */
export function mulMatColsKernel(options: MatmulOptions): MatmulVariant {
  const [threads, lanes] = options.adapter?.software ? [16, 1] : [64, lanesFor(options.cols / BLOCK)];
  const rowsPerWorkgroup = (threads / lanes) * ROWS;
  return {
    kernel: defineKernel(
      matmulName('mul-mat-cols', options),
      [...matmulFragments(options), { file: 'shaders/matmul/mul-mat-cols.wgsl', text: mulMatCols }],
      { THREADS: threads, LANES: lanes },
    ),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / rowsPerWorkgroup), Math.ceil(tokens / TOKENS)),
    minTokens: 2,
  };
}
