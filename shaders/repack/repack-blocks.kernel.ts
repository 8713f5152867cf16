import { defineKernel, foldGrid, type Grid, type Kernel } from '../kernel.ts';
import rawBytes from '../lib/raw-bytes.wgsl?raw';
import repackBlocks from './repack-blocks.wgsl?raw';

const THREADS = 64;

/**
 * Blocks of a scale and `quantUnits` · 16 bytes of quants → units and scales.
 *
 * Bindings: 0 params, 1 raw (the file's rows), 2 quants, 3 scales (both written).
 */
export function repackBlocksKernel(name: string, quantUnits: number): Kernel {
  return defineKernel(`repack-${name}`, [
    { file: 'prelude', text: `const QUANT_UNITS: u32 = ${quantUnits}u;` },
    { file: 'shaders/repack/repack-blocks.wgsl', text: repackBlocks },
    { file: 'shaders/lib/raw-bytes.wgsl', text: rawBytes },
  ]);
}

export function repackBlocksGrid(rows: number, scalesPerRow: number): Grid {
  return foldGrid(Math.ceil((rows * scalesPerRow) / THREADS));
}
