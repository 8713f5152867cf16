import { defineKernel, type Fragment, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import scoresPlain from '../lib/scores-plain.wgsl?raw';
import scoresSoftcap from '../lib/scores-softcap.wgsl?raw';
import { kvFragments, type KvType } from './kv-layout.ts';
import pagedAttention from './paged-attention.wgsl?raw';

/** Rows (token, query head) of one KV head that a tile aims at. */
const TILE_ROWS = 16;
const MAX_HEAD_DIM = 256;
/** The `window` of attention that sees everything. */
export const NO_WINDOW = 2 ** 31;

const PLAIN: Fragment = { file: 'shaders/lib/scores-plain.wgsl', text: scoresPlain };
const SOFTCAP: Fragment = { file: 'shaders/lib/scores-softcap.wgsl', text: scoresSoftcap };

/**
 * Causal attention of a batch over the paged cache; the cache already holds the batch's own keys and values.
 * Head dimensions: multiples of 4 up to 256.
 *
 * Bindings: 0 params `{heads, kv_heads, qkv_stride (floats), scale, window ({@link NO_WINDOW}), softcap}`, 1 batch (its tiles made with {@link tokensPerTile}),
 * 2 q `[T, qkv_stride]` f32 (queries first), 3 keys and 4 values: one layer's cache (`kv-layout.ts`),
 * 5 out `[T, heads, headDim]` f32 (written).
 */
export function pagedAttentionKernel(options: { kvType: KvType; headDim: number; softcap: boolean }): Kernel {
  const { kvType, headDim, softcap } = options;
  if (headDim > MAX_HEAD_DIM) throw new Error(`head dimension ${headDim} is above ${MAX_HEAD_DIM}`);
  return defineKernel(`paged-attention-${kvType}-${headDim}${softcap ? '-softcap' : ''}`, [
    { file: 'prelude', text: `const ROWS: u32 = ${workgroupRows(headDim)}u;` },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...kvFragments(kvType, headDim),
    softcap ? SOFTCAP : PLAIN,
    { file: 'shaders/attention/paged-attention.wgsl', text: pagedAttention },
  ]);
}

/** `tiles`: those of the batch. Row groups in z split the rows of a tile that holds more than one workgroup does. */
export function pagedAttentionGrid(options: { tiles: number; heads: number; kvHeads: number; headDim: number }): Grid {
  const { tiles, heads, kvHeads, headDim } = options;
  const rows = tokensPerTile(heads, kvHeads) * (heads / kvHeads);
  return [tiles, kvHeads, Math.ceil(rows / workgroupRows(headDim))];
}

/** The most tokens of a tile: as many as fill one workgroup's rows with the query heads of a KV head. */
export function tokensPerTile(heads: number, kvHeads: number): number {
  return Math.max(1, Math.floor((TILE_ROWS * kvHeads) / heads));
}

/** Rows of a workgroup: a strip of threads takes 8, and beyond 128 dimensions there is only one strip. */
function workgroupRows(headDim: number): number {
  return headDim <= 128 ? 16 : 8;
}
