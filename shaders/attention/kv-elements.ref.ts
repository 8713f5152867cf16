/**
 * Each element type of the paged KV cache in plain TypeScript, in and out.
 *
 * @module
 */
import type { CacheShape, CacheSide } from './kv-layout.ref.ts';
import { decodeQ8, encodeQ8 } from './kv-q8.ref.ts';

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
