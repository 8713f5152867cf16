import { kvFragments, type KvType } from '../attention/kv-layout.ts';
import { defineKernel, type Grid, type Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import ropeAppend from './rope-append.wgsl?raw';
import { type Rotation, rotationFragments, rotationName } from './rotation.ts';

const WORKGROUP_DIMENSIONS = 256;

/**
 * Normalizes and rotates queries and keys in place and appends keys and values to the paged cache.
 *
 * Bindings: 0 params `{heads, kv_heads, rope_dim (even, ≤ headDim; 0: no rotation), stride (floats of a token in qkv), eps}`,
 * 1 batch, 2 qkv `[T, stride]` f32 (heads queries, kv_heads keys, kv_heads values, then anything),
 * 3 table `[positions, rope_dim / 2]` of (cos, sin), 4 keys and 5 values: one layer's cache (`../attention/kv-layout.ts`),
 * with the norm 6 qk_weight `[2, headDim]`: of queries, of keys.
 */
export function ropeAppendKernel(options: { kvType: KvType; headDim: number } & Rotation): Kernel {
  const { kvType, headDim } = options;
  return defineKernel(`rope-append-${kvType}-${headDim}-${rotationName(options)}`, [
    { file: 'prelude', text: `const WORKGROUP_HEADS: u32 = ${workgroupHeads(headDim)}u;` },
    { file: 'shaders/lib/batch.wgsl', text: batch },
    ...kvFragments(kvType, headDim, 'write'),
    ...rotationFragments(options, 6),
    { file: 'shaders/rope/rope-append.wgsl', text: ropeAppend },
  ]);
}

export function ropeAppendGrid(options: { tokens: number; heads: number; kvHeads: number; headDim: number }): Grid {
  return [Math.ceil((options.heads + 2 * options.kvHeads) / workgroupHeads(options.headDim)), options.tokens, 1];
}

function workgroupHeads(headDim: number): number {
  return Math.max(1, Math.floor(WORKGROUP_DIMENSIONS / headDim));
}
