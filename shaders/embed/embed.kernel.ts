import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import chunk from '../lib/chunk.wgsl?raw';
import { loraFragments } from '../matmul/lora.ts';
import { weightFragments, weightName, type WeightType } from '../matmul/weights.ts';
import embed from './embed.wgsl?raw';

const THREADS = 64;
const ELEMENTS = 8; // of one thread

/**
 * Rows of the embedding table for the batch's tokens.
 *
 * Bindings: 0 params `{blocks, units_per_row, scales_per_row, first_row, rows, scale}`, 1 batch, 2 x `[T, K]` f32 (written), 3 quants, 4 scales;
 * with `lora` 5 lora_b, whose rows are the columns of x, and 6 lora_x ({@link loraFragments}).
 */
export function embedKernel(type: WeightType, lora = false): Kernel {
  return defineKernel(`embed-${weightName(type)}${lora ? '-lora' : ''}`, [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    { file: 'shaders/lib/chunk.wgsl', text: chunk },
    ...weightFragments(type),
    ...loraFragments(lora ? 5 : undefined),
    { file: 'shaders/embed/embed.wgsl', text: embed },
  ]);
}

export function embedGrid(tokens: number, cols: number): Grid {
  return [Math.ceil(cols / ELEMENTS / THREADS), tokens, 1];
}
