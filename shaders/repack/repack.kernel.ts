import type { Grid, Kernel } from '../kernel.ts';
import type { WeightLayout, WeightType } from '../matmul/weights.ts';
import { repackBlocksGrid, repackBlocksKernel, type BlockShape } from './repack-blocks.kernel.ts';
import { repackRowsGrid, repackRowsKernel } from './repack-rows.kernel.ts';
import { repackSuperBlocksGrid, repackSuperBlocksKernel } from './repack-super-blocks.kernel.ts';

export interface Repack {
  kernel: Kernel;
  /** For so many rows of the file. */
  grid: (rows: number, layout: WeightLayout) => Grid;
}

const ROWS: Repack = { kernel: repackRowsKernel(), grid: (rows, { unitsPerRow }) => repackRowsGrid(rows, unitsPerRow) };
const blocks = (name: string, shape: BlockShape): Repack => ({
  kernel: repackBlocksKernel(name, shape),
  grid: (rows, { scalesPerRow }) => repackBlocksGrid(rows, scalesPerRow),
});
const superBlocks = (name: Parameters<typeof repackSuperBlocksKernel>[0]): Repack => ({
  kernel: repackSuperBlocksKernel(name),
  grid: (rows, layout) => repackSuperBlocksGrid(rows, layout.blocks),
});

const REPACKS: Record<WeightType, Repack> = {
  F32: ROWS,
  F16: ROWS,
  BF16: ROWS,
  Q8_0: blocks('q8-0', { headBytes: 2, quantUnits: 2 }),
  Q4_0: blocks('q4-0', { headBytes: 2 }),
  Q4_1: blocks('q4-1', { headBytes: 4 }),
  Q5_0: blocks('q5-0', { headBytes: 2, highBytes: 4 }),
  Q5_1: blocks('q5-1', { headBytes: 4, highBytes: 4 }),
  Q2_K: superBlocks('q2-k'),
  Q3_K: superBlocks('q3-k'),
  Q4_K: superBlocks('q4-k'),
  Q5_K: superBlocks('q5-k'),
  Q6_K: superBlocks('q6-k'),
  IQ4_NL: blocks('iq4-nl', { headBytes: 2 }),
  IQ4_XS: superBlocks('iq4-xs'),
  MXFP4: blocks('mxfp4', { headBytes: 1, recode: 'fp4' }),
};

/** How whole rows of the file become rows of a matrix on the GPU (`../matmul/weights.ts`). */
export function repackKernel(type: WeightType): Repack {
  return REPACKS[type];
}
