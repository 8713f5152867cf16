import { defineKernel, foldGrid, type Fragment, type Grid, type Kernel } from '../kernel.ts';
import rawBytes from '../lib/raw-bytes.wgsl?raw';
import repackSuperBlocks from './repack-super-blocks.wgsl?raw';
import iq4Xs from './super-iq4-xs.wgsl?raw';
import q2K from './super-q2-k.wgsl?raw';
import q3K from './super-q3-k.wgsl?raw';
import q4K from './super-q4-k.wgsl?raw';
import q6K from './super-q6-k.wgsl?raw';

const THREADS = 64;
/** Of 32 elements, in a super-block. */
const BLOCKS = 8;

const quantsAt = (byte: number): Fragment => ({ file: 'prelude', text: `const QUANTS: u32 = ${byte}u;` });
const file = (name: string, text: string): Fragment => ({ file: `shaders/repack/super-${name}.wgsl`, text });

const SUPER_BLOCKS = {
  'q2-k': [file('q2-k', q2K)],
  'q3-k': [file('q3-k', q3K)],
  'q4-k': [quantsAt(16), file('q4-k', q4K)],
  'q5-k': [quantsAt(48), file('q4-k', q4K)],
  'q6-k': [file('q6-k', q6K)],
  'iq4-xs': [file('iq4-xs', iq4Xs)],
} as const satisfies Record<string, readonly Fragment[]>;

/**
 * Super-blocks of 256 → planes and scales.
 *
 * Bindings: 0 params, 1 raw (the file's rows), 2 quants, 3 scales (both written).
 */
export function repackSuperBlocksKernel(name: keyof typeof SUPER_BLOCKS): Kernel {
  return defineKernel(`repack-${name}`, [
    ...SUPER_BLOCKS[name],
    { file: 'shaders/repack/repack-super-blocks.wgsl', text: repackSuperBlocks },
    { file: 'shaders/lib/raw-bytes.wgsl', text: rawBytes },
  ]);
}

export function repackSuperBlocksGrid(rows: number, blocks: number): Grid {
  return foldGrid(Math.ceil((rows * blocks) / BLOCKS / THREADS));
}
