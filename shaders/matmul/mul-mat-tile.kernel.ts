import { defineKernel, foldGrid } from '../kernel.ts';
import { matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatTile from './mul-mat-tile.wgsl?raw';

const ROWS = 64; // of one workgroup
const TOKENS = 32;

/** `y[token, row] = Σ_k x[token, k] · W[row, k]` in tiles. Bindings and parameters: {@link matmulFragments}. */
export function mulMatTileKernel(options: MatmulOptions): MatmulVariant {
  return {
    kernel: defineKernel(matmulName('mul-mat-tile', options), [
      ...matmulFragments(options),
      { file: 'shaders/matmul/mul-mat-tile.wgsl', text: mulMatTile },
    ]),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / ROWS), Math.ceil(tokens / TOKENS)),
    minTokens: 16,
  };
}
