import { defineKernel, foldGrid } from '../kernel.ts';
import subgroupMatrices from '../lib/subgroup-matrices.wgsl?raw';
import { matmulFragments, matmulName, type MatmulOptions, type MatmulVariant } from './fragments.ts';
import { entryPoint, type Matrices, type MatrixTile, prelude } from './mul-mat-subgroup-matrix.entry.ts';
import mulMatSubgroupMatrix from './mul-mat-subgroup-matrix.wgsl?raw';

export const SUBGROUP_MATRICES: Matrices = {
  fragment: { file: 'shaders/lib/subgroup-matrices.wgsl', text: subgroupMatrices },
  extensions: ['f16', 'subgroups', 'chromium_experimental_subgroup_matrix'],
  left: (plane, part, offset) => `subgroupMatrixLoad<Left, row_major>(&${plane}[${part}], ${offset}, STRIDE)`,
  right: (plane, part, offset) => `subgroupMatrixLoad<Right, col_major>(&${plane}[${part}], ${offset}, STRIDE)`,
  add: (left, right, sums) => `subgroupMatrixMultiplyAccumulate(${left}, ${right}, ${sums})`,
  put: (slot, sums) => `subgroupMatrixStore<row_major>(&products[${slot}], 0u, ${sums}, 16u)`,
};

export const LARGE: MatrixTile = {
  rows: 128,
  tokens: 128,
  subgroups: [2, 2, 1],
  step: 32,
  buffers: 1,
  padding: 8,
  slots: 2,
};
export const MIDDLE: MatrixTile = {
  rows: 64,
  tokens: 64,
  subgroups: [2, 2, 2],
  step: 64,
  buffers: 2,
  padding: 2,
  slots: 4,
};
export const SMALL: MatrixTile = {
  rows: 32,
  tokens: 32,
  subgroups: [2, 1, 2],
  step: 64,
  buffers: 2,
  padding: 2,
  slots: 4,
};

/** The fewest tiles of a shape that are better than more of the smaller one. */
const MIDDLE_TILES = 80;
const LARGE_TILES = 96;

/** The fewest tokens that make so many tiles, and half fill one. */
function tokensFor(tile: MatrixTile, many: number, { rows = Infinity }: MatmulOptions): number {
  const tall = Math.ceil(many / Math.ceil(rows / tile.rows));
  return Math.max(tile.tokens / 2, (tall - 1) * tile.tokens) + 1;
}

/**
 * The product in the tiles that are the best for rising numbers of tokens, on adapters with subgroup matrices
 * (`Adapter.subgroupMatrix`). None for F32: f16 holds less than the file. Bindings and parameters: {@link matmulFragments}.
 */
export function mulMatSubgroupMatrixKernels(options: MatmulOptions): MatmulVariant[] | undefined {
  if (!options.adapter?.subgroupMatrix || options.type === 'F32') return undefined;
  return [
    mulMatSubgroupMatrixKernel(options, SMALL, 24),
    mulMatSubgroupMatrixKernel(options, MIDDLE, tokensFor(MIDDLE, MIDDLE_TILES, options)),
    mulMatSubgroupMatrixKernel(options, LARGE, tokensFor(LARGE, LARGE_TILES, options)),
  ];
}

/** `y[token, row] = Σ_k x[token, k] · W[row, k]`, products of f16 and sums of f32, in one tile. */
export function mulMatSubgroupMatrixKernel(
  options: MatmulOptions,
  tile: MatrixTile,
  minTokens = 1,
  matrices = SUBGROUP_MATRICES,
): MatmulVariant {
  const parts = [
    matrices.fragment,
    ...matmulFragments(options),
    { file: 'prelude', text: prelude(tile) },
    { file: 'shaders/matmul/mul-mat-subgroup-matrix.wgsl', text: mulMatSubgroupMatrix },
    { file: 'shaders/matmul/mul-mat-subgroup-matrix.entry.ts', text: entryPoint(tile, matrices) },
  ];
  return {
    kernel: defineKernel(matmulName(`mul-mat-subgroup-matrix-${tile.rows}`, options), parts, {}, matrices.extensions),
    grid: (rows, tokens) => foldGrid(Math.ceil(rows / tile.rows), Math.ceil(tokens / tile.tokens)),
    minTokens,
  };
}
