import { defineKernel, foldGrid, type Fragment, type Grid, type Kernel } from '../kernel.ts';
import rawBytes from '../lib/raw-bytes.wgsl?raw';
import recodeFp4 from './recode-fp4.wgsl?raw';
import recodeNone from './recode-none.wgsl?raw';
import repackBlocks from './repack-blocks.wgsl?raw';

const THREADS = 64;

/** Bytes of one block of 32, in this order. */
export interface BlockShape {
  /** The scale (and minimum). */
  headBytes: 1 | 2 | 4;
  /** Fifth bits of the quants. Default 0. */
  highBytes?: 4;
  /** Quants, in 16 bytes. Default 1. */
  quantUnits?: 2;
  /** `fp4`: nibbles of sign and magnitude become levels that rise with the value. */
  recode?: 'fp4';
}

const RECODE: Record<'none' | 'fp4', Fragment> = {
  none: { file: 'shaders/repack/recode-none.wgsl', text: recodeNone },
  fp4: { file: 'shaders/repack/recode-fp4.wgsl', text: recodeFp4 },
};

/**
 * Blocks of 32 → planes and scales.
 *
 * Bindings: 0 params, 1 raw (the file's rows), 2 quants, 3 scales (both written).
 */
export function repackBlocksKernel(name: string, shape: BlockShape): Kernel {
  const { headBytes, highBytes = 0, quantUnits = 1, recode = 'none' } = shape;
  const constants = { HEAD_BYTES: headBytes, HIGH_BYTES: highBytes, QUANT_UNITS: quantUnits };
  const lines = Object.entries(constants).map(([constant, value]) => `const ${constant}: u32 = ${value}u;`);
  return defineKernel(`repack-${name}`, [
    { file: 'prelude', text: lines.join('\n') },
    RECODE[recode],
    { file: 'shaders/repack/repack-blocks.wgsl', text: repackBlocks },
    { file: 'shaders/lib/raw-bytes.wgsl', text: rawBytes },
  ]);
}

export function repackBlocksGrid(rows: number, scalesPerRow: number): Grid {
  return foldGrid(Math.ceil((rows * scalesPerRow) / THREADS));
}
