import { defineKernel, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import { type Rotation, rotationFragments, rotationName } from '../rope/rotation.ts';
import { type AttentionShape } from './attention-shape.ts';
import { kvFragments, type KvType } from './kv-layout.ts';
import pagedAttention from './paged-attention.wgsl?raw';
import queriesRaw from './queries-raw.wgsl?raw';
import queriesRotated from './queries-rotated.wgsl?raw';
import { scoresFragment } from './scores.ts';

/** The `window` of attention that sees everything. */
export const NO_WINDOW = 2 ** 31;

export interface PagedAttentionOptions {
  kvType: KvType;
  headDim: number;
  softcap: boolean;
  shape: AttentionShape;
  /**
   * Queries, keys and values are raw, no sequence has more than one token, and the cache does not hold its key and value yet: rotates
   * and appends as `rope-append` does. The shape must have 4 rows.
   */
  raw?: Rotation;
}

/**
 * Causal attention of a batch over the paged cache; unless they are raw, the cache already holds the batch's own keys and values.
 * Head dimensions: multiples of 4 up to 256.
 *
 * Bindings: 0 params `{heads, kv_heads, qkv_stride (floats), scale, window ({@link NO_WINDOW}), softcap, row_groups, rope_dim, eps}`,
 * 1 batch, 2 q `[T, qkv_stride]` f32 (queries first), 3 keys and 4 values: one layer's cache (`kv-layout.ts`),
 * 5 out `[T, heads, headDim]` f32 (written by a grid of one split), 6 partials `[splits, T, heads, headDim + 4]` f32 (written by others);
 * where they are raw 7 table and with the norm 8 qk_weight (`../rope/rope-append.kernel.ts`).
 */
export function pagedAttentionKernel(options: PagedAttentionOptions): Kernel {
  const { kvType, headDim, softcap, shape, raw } = options;
  const constants = Object.entries(shape).map(([name, value]) => `const ${constantName(name)}: u32 = ${value}u;`);
  const rotation = raw ? `-${rotationName(raw)}` : '';
  return defineKernel(
    `paged-attention-${kvType}-${headDim}-${shape.rows}-rows${softcap ? '-softcap' : ''}${rotation}`,
    [
      { file: 'prelude', text: constants.join('\n') },
      { file: 'shaders/lib/batch.wgsl', text: batch },
      ...(raw
        ? [
            { file: 'prelude', text: 'const WORKGROUP_HEADS: u32 = ROWS + 1u;' },
            ...kvFragments(kvType, headDim, 'read', 'write'),
            ...rotationFragments(raw, 8),
            { file: 'shaders/attention/queries-raw.wgsl', text: queriesRaw },
          ]
        : [
            ...kvFragments(kvType, headDim, 'read'),
            { file: 'shaders/attention/queries-rotated.wgsl', text: queriesRotated },
          ]),
      scoresFragment(softcap),
      { file: 'shaders/attention/paged-attention.wgsl', text: pagedAttention },
    ],
  );
}

/** `scoreKeys` → `SCORE_KEYS` */
const constantName = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
