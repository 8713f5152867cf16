import { defineKernel, foldGrid } from '../kernel.ts';
import { matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import mulMatTile from './mul-mat-tile.wgsl?raw';

/** Workgroups that give a large GPU enough to do. */
const MANY = 128;

/** The fewest tokens that make so many tiles of `tile` × `tile`. */
function tilesWorthwhile(tile: number, { rows = Infinity }: MatmulOptions): number {
  return Math.ceil((tile * tile * MANY) / rows);
}

/**
 * `y[token, row] = Σ_k x[token, k] · W[row, k]` in tiles of 64 rows × 64 tokens. Bindings and parameters: {@link matmulFragments}.
 * Best where there are many tiles.
 */
export function mulMatTileKernel(options: MatmulOptions): MatmulVariant {
  return tiled('mul-mat-tile', options, 64, Math.max(33, tilesWorthwhile(64, options)));
}

/** The same in tiles of 32 × 32, whose workgroups share more of K: for fewer tokens and fewer rows. */
export function mulMatSmallTileKernel(options: MatmulOptions): MatmulVariant {
  const { rows = Infinity } = options;
  return tiled('mul-mat-small-tile', options, 32, rows * 16 >= 32 * 32 * MANY ? 16 : 32);
}

function tiled(shape: string, options: MatmulOptions, tile: number, minTokens: number): MatmulVariant {
  return {
    kernel: defineKernel(matmulName(shape, options), [
      ...matmulFragments(options),
      { file: 'prelude', text: `const SIDE: u32 = ${tile / 8}u;` },
      { file: 'shaders/matmul/mul-mat-tile.wgsl', text: mulMatTile },
    ]),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / tile), Math.ceil(tokens / tile)),
    minTokens,
  };
}
