/**
 * The paged KV cache in plain TypeScript: where a scalar lies, and each element type in and out.
 *
 * @module
 */
import { decodeQ8, encodeQ8 } from './kv-q8.ref.ts';
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

export function decodeCache(cache: CacheShape, side: CacheSide, buffer: ArrayBuffer): Float32Array {
  if (cache.kvType === 'f32') return new Float32Array(buffer);
  if (cache.kvType === 'f16') return Float32Array.from(new Uint16Array(buffer), fromHalf);
  return decodeQ8(cache, side, buffer);
}

export function encodeCache(cache: CacheShape, side: CacheSide, scalars: Float32Array): ArrayBuffer {
  if (cache.kvType === 'f32') return scalars.slice().buffer;
  if (cache.kvType === 'f16') return Uint16Array.from(scalars, toHalf).buffer;
  return encodeQ8(cache, side, scalars);
}

export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  return sign * (exponent === 0 ? mantissa * 2 ** -24 : (1024 + mantissa) * 2 ** (exponent - 25));
}

/** The nearest f16 of a finite value within its range. */
export function toHalf(value: number): number {
  const size = Math.abs(value);
  const sign = value < 0 ? 0x8000 : 0;
  if (size < 2 ** -14) return sign | Math.round(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  return sign | (((exponent + 15) << 10) + Math.round((size / 2 ** exponent - 1) * 1024)); // a carry raises the exponent
}
