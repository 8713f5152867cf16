import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import { TO_INTEGERS } from './fragments.ts';
import toIntegers from './to-integers.wgsl?raw';
import { BLOCK } from './weights.ts';

/** Of one workgroup: 128 threads, four a block. */
const BLOCKS = 32;
/** For each block of a row: 32 activations of two bytes, their step and two sums. */
const BLOCK_BYTES = 80;

/**
 * Activations as integers of 16 bits times one step for each block of 32.
 *
 * Bindings: 0 params `{blocks, count_at}`, 1 batch, 2 x `[T, K]` f32, 3 integers `[T, 5, blocks]` of 16 bytes (written). K is a multiple of
 * 32; subgroups of at least 4 threads.
 */
export function toIntegersKernel(): Kernel {
  return defineKernel(
    'to-integers-f32',
    [
      { file: 'shaders/lib/batch.wgsl', text: batch },
      TO_INTEGERS,
      { file: 'shaders/matmul/to-integers.wgsl', text: toIntegers },
    ],
    {},
    ['subgroups'],
  );
}

export function toIntegersGrid(cols: number, tokens: number): Grid {
  return [Math.ceil(cols / BLOCK / BLOCKS), tokens, 1];
}

/** Bytes of the integers of so many rows of activations. */
export function integersBytes(cols: number, tokens: number): number {
  return (cols / BLOCK) * BLOCK_BYTES * tokens;
}
