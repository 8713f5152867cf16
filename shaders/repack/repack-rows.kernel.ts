import { defineKernel, foldGrid, type Grid, type Kernel } from '../kernel.ts';
import rawBytes from '../lib/raw-bytes.wgsl?raw';
import repackRows from './repack-rows.wgsl?raw';

const THREADS = 64;

/**
 * Rows of floats → rows of 16-byte units.
 *
 * Bindings: 0 params, 1 raw (the file's rows), 2 quants (written).
 */
export function repackRowsKernel(): Kernel {
  return defineKernel('repack-rows', [
    { file: 'shaders/repack/repack-rows.wgsl', text: repackRows },
    { file: 'shaders/lib/raw-bytes.wgsl', text: rawBytes },
  ]);
}

export function repackRowsGrid(rows: number, unitsPerRow: number): Grid {
  return foldGrid(Math.ceil((rows * unitsPerRow) / THREADS));
}
