/**
 * The cache of 8-bit elements in plain TypeScript (`shaders/lib/kv-q8.wgsl`).
 *
 * @module
 */
import { type CacheShape, type CacheSide, keyIndex, valueIndex } from './kv-layout.ref.ts';
import { kvLayout, PAGE } from './kv-layout.ts';

/** A group of dimensions of one token's key or value of one head. */
export interface Group {
  /** Its scalars, as {@link keyIndex} and {@link valueIndex} count them. */
  scalars: number[];
  /** Byte of each of them. */
  bytes: number[];
  /** Byte of its scale, the upper half of an f32. */
  scaleByte: number;
}

const GROUP = 32;

/** All groups of all tokens. */
export function* groupsOf(cache: CacheShape, side: CacheSide): Generator<Group> {
  const { kvHeads, headDim, pages } = cache;
  const words = headDim / 4 + Math.ceil(headDim / (2 * GROUP));
  const index = side === 'keys' ? keyIndex : valueIndex;
  for (let slot = 0; slot < pages * PAGE; slot++) {
    for (let head = 0; head < kvHeads; head++) {
      const before = (Math.floor(slot / PAGE) * kvHeads + head) * words * PAGE;
      const word = (i: number) => before + (side === 'keys' ? i * PAGE + (slot % PAGE) : (slot % PAGE) * words + i);
      for (let first = 0; first < headDim; first += GROUP) {
        const dims = Array.from({ length: Math.min(GROUP, headDim - first) }, (_, i) => first + i);
        yield {
          scalars: dims.map((dim) => index(cache, slot, head, dim)),
          bytes: dims.map((dim) => word(Math.floor(dim / 4)) * 4 + (dim % 4)),
          scaleByte: word(headDim / 4 + Math.floor(first / (2 * GROUP))) * 4 + ((first / GROUP) % 2) * 2,
        };
      }
    }
  }
}

export function decodeQ8(cache: CacheShape, side: CacheSide, buffer: ArrayBuffer): Float32Array {
  const { pages, kvHeads, headDim } = cache;
  const scalars = new Float32Array(pages * PAGE * kvHeads * headDim);
  const view = new DataView(buffer);
  const scale = new DataView(new ArrayBuffer(4));
  for (const group of groupsOf(cache, side)) {
    scale.setUint16(2, view.getUint16(group.scaleByte, true), true);
    group.scalars.forEach((scalar, i) => {
      scalars[scalar] = (Math.max(-127, view.getInt8(group.bytes[i]!)) / 127) * scale.getFloat32(0, true);
    });
  }
  return scalars;
}

export function encodeQ8(cache: CacheShape, side: CacheSide, scalars: Float32Array): ArrayBuffer {
  const view = new DataView(new ArrayBuffer(kvLayout(cache).keyBytes));
  const scale = new DataView(new ArrayBuffer(4));
  for (const group of groupsOf(cache, side)) {
    const largest = group.scalars.reduce((max, scalar) => Math.max(max, Math.abs(scalars[scalar]!)), 0);
    scale.setFloat32(0, largest, true);
    scale.setUint32(0, (scale.getUint32(0, true) + 0xffff) & 0xffff0000, true); // never below the largest
    view.setUint16(group.scaleByte, scale.getUint16(2, true), true);
    group.scalars.forEach((scalar, i) => {
      if (largest > 0) view.setInt8(group.bytes[i]!, Math.round((scalars[scalar]! / scale.getFloat32(0, true)) * 127));
    });
  }
  return view.buffer;
}
