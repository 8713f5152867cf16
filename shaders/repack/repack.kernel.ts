import type { Grid, Kernel } from '../kernel.ts';
import type { WeightType } from '../matmul/weights.ts';
import { repackBlocksGrid, repackBlocksKernel } from './repack-blocks.kernel.ts';
import { repackRowsGrid, repackRowsKernel } from './repack-rows.kernel.ts';

export interface Repack {
  kernel: Kernel;
  grid: (shape: { rowCount: number; unitsPerRow: number; scalesPerRow: number }) => Grid;
}

const blocks = (name: string, quantUnits: number): Repack => ({
  kernel: repackBlocksKernel(name, quantUnits),
  grid: ({ rowCount, scalesPerRow }) => repackBlocksGrid(rowCount, scalesPerRow),
});
const rows: Repack = {
  kernel: repackRowsKernel(),
  grid: ({ rowCount, unitsPerRow }) => repackRowsGrid(rowCount, unitsPerRow),
};

const REPACKS: Record<WeightType, Repack> = {
  F32: rows,
  F16: rows,
  BF16: rows,
  Q8_0: blocks('q8-0', 2),
  Q4_0: blocks('q4-0', 1),
};

/** How whole rows of the file become rows of a matrix on the GPU (`../matmul/weights.ts`). */
export function repackKernel(type: WeightType): Repack {
  return REPACKS[type];
}
