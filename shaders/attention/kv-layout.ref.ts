/**
 * Where a scalar of the paged KV cache lies.
 *
 * @module
 */
import { PAGE, type KvType } from './kv-layout.ts';

export interface CacheShape {
  kvType: KvType;
  kvHeads: number;
  headDim: number;
  pages: number;
}

/** Index, in scalars, of dimension `dim` of the key of `slot`: [page, kv head, headDim / 4, PAGE, 4]. */
export function keyIndex({ kvHeads, headDim }: CacheShape, slot: number, kvHead: number, dim: number): number {
  const head = Math.floor(slot / PAGE) * kvHeads + kvHead;
  return ((head * (headDim / 4) + Math.floor(dim / 4)) * PAGE + (slot % PAGE)) * 4 + (dim % 4);
}

/** Index, in scalars, of dimension `dim` of the value of `slot`: [page, kv head, PAGE, headDim]. */
export function valueIndex({ kvHeads, headDim }: CacheShape, slot: number, kvHead: number, dim: number): number {
  const head = Math.floor(slot / PAGE) * kvHeads + kvHead;
  return (head * PAGE + (slot % PAGE)) * headDim + dim;
}

/** Scalars of a cache, in the order of {@link keyIndex} or {@link valueIndex}. */
export type CacheSide = 'keys' | 'values';
