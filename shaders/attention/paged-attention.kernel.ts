import { defineKernel, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import { type AttentionShape } from './attention-shape.ts';
import { kvFragments, type KvType } from './kv-layout.ts';
import pagedAttention from './paged-attention.wgsl?raw';
import { scoresFragment } from './scores.ts';

/** The `window` of attention that sees everything. */
export const NO_WINDOW = 2 ** 31;

/**
 * Causal attention of a batch over the paged cache; the cache already holds the batch's own keys and values.
 * Head dimensions: multiples of 4 up to 256.
 *
 * Bindings: 0 params `{heads, kv_heads, qkv_stride (floats), scale, window ({@link NO_WINDOW}), softcap, row_groups}`, 1 batch,
 * 2 q `[T, qkv_stride]` f32 (queries first), 3 keys and 4 values: one layer's cache (`kv-layout.ts`),
 * 5 out `[T, heads, headDim]` f32 (written by a grid of one split), 6 partials `[splits, T, heads, headDim + 4]` f32 (written by others).
 */
export function pagedAttentionKernel(options: {
  kvType: KvType;
  headDim: number;
  softcap: boolean;
  shape: AttentionShape;
}): Kernel {
  const { kvType, headDim, softcap, shape } = options;
  const constants = Object.entries(shape).map(([name, value]) => `const ${constantName(name)}: u32 = ${value}u;`);
  return defineKernel(`paged-attention-${kvType}-${headDim}-${shape.rows}-rows${softcap ? '-softcap' : ''}`, [
    { file: 'prelude', text: constants.join('\n') },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...kvFragments(kvType, headDim, 'read'),
    scoresFragment(softcap),
    { file: 'shaders/attention/paged-attention.wgsl', text: pagedAttention },
  ]);
}

/** `scoreKeys` → `SCORE_KEYS` */
const constantName = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
