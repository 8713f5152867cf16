/**
 * Super-blocks of 256 elements: groups of 16 or 32 with small scales of their own, which the f16 scales of the block multiply.
 * Below, g is a group's number, s its scale, m its minimum; e an element's number. Products of two scales are rounded to
 * float32 first, as in llama.cpp.
 *
 * @module
 */
import { IQ4_VALUES, lookUp, type DequantizeBlock } from './dequantize-blocks.ts';
import { halfAt } from './dequantize-floats.ts';

/**
 * Block: 16 bytes of scales (low four bits s, high four bits m), 64 bytes q, f16 d, f16 dmin. 16 groups of 16.
 * Byte l of the n-th 32 bytes of q holds the elements 128n + l + 32k in its bits 2k and 2k + 1. x = d·s·q - dmin·m.
 */
export const q2K: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at + 80);
  const dMin = halfAt(view, at + 82);
  for (let group = 0; group < 16; group++) {
    const scales = view.getUint8(at + group);
    const scale = Math.fround(d * (scales & 15));
    const min = Math.fround(dMin * (scales >>> 4));
    const q = at + 16 + (group >>> 3) * 32 + (group & 1) * 16;
    const shift = group & 6;
    for (let i = 0; i < 16; i++) {
      out[to + group * 16 + i] = Math.fround(scale * ((view.getUint8(q + i) >>> shift) & 3)) - min;
    }
  }
};

/**
 * Block: 32 bytes h, 64 bytes q, 12 bytes of 6-bit scales, f16 d. 16 groups of 16.
 * q as in Q2_K; bit e / 32 of byte e % 32 of h is clear where 4 is to be taken away. x = d·(s - 32)·(q - 4·!h).
 * Low four bits of s: low halves of the bytes 0-7, then high halves; high two: bits 2·(g / 4) of byte 8 + g % 4.
 */
export const q3K: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at + 108);
  for (let group = 0; group < 16; group++) {
    const low = (view.getUint8(at + 96 + (group & 7)) >>> (group < 8 ? 0 : 4)) & 15;
    const high = (view.getUint8(at + 104 + (group & 3)) >>> ((group >>> 2) * 2)) & 3;
    const scale = Math.fround(d * ((low | (high << 4)) - 32));
    const q = at + 32 + (group >>> 3) * 32 + (group & 1) * 16;
    const h = at + (group & 1) * 16;
    const shift = group & 6;
    for (let i = 0; i < 16; i++) {
      const keep = (view.getUint8(h + i) >>> (group >>> 1)) & 1;
      out[to + group * 16 + i] = scale * (((view.getUint8(q + i) >>> shift) & 3) - (keep ? 0 : 4));
    }
  }
};

/**
 * Scale and minimum of group 0-7 of Q4_K and Q5_K, 6 bits each, in 12 bytes. Groups 0-3: low six bits of the bytes g and g + 4.
 * Groups 4-7: low four bits in the halves of byte g + 4, high two bits on top of the bytes g - 4 and g.
 */
function scaleAndMin(view: DataView, at: number, group: number): [number, number] {
  const byte = (i: number) => view.getUint8(at + i);
  if (group < 4) return [byte(group) & 63, byte(group + 4) & 63];
  const low = byte(group + 4);
  return [(low & 15) | ((byte(group - 4) >>> 6) << 4), (low >>> 4) | ((byte(group) >>> 6) << 4)];
}

/**
 * Block: f16 d, f16 dmin, 12 bytes of scales and minima, 128 bytes q. 8 groups of 32.
 * Byte l of the n-th 32 bytes of q holds element 64n + l in its low and 64n + 32 + l in its high four bits. x = d·s·q - dmin·m.
 */
export const q4K: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  const dMin = halfAt(view, at + 2);
  for (let group = 0; group < 8; group++) {
    const [s, m] = scaleAndMin(view, at + 4, group);
    const scale = Math.fround(d * s);
    const min = Math.fround(dMin * m);
    const q = at + 16 + (group >>> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++) {
      out[to + group * 32 + i] = Math.fround(scale * ((view.getUint8(q + i) >>> shift) & 15)) - min;
    }
  }
};

/** Block: as Q4_K, with 32 bytes h before q: bit g of byte l is bit 4 of element 32g + l. */
export const q5K: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  const dMin = halfAt(view, at + 2);
  for (let group = 0; group < 8; group++) {
    const [s, m] = scaleAndMin(view, at + 4, group);
    const scale = Math.fround(d * s);
    const min = Math.fround(dMin * m);
    const q = at + 48 + (group >>> 1) * 32;
    const shift = (group & 1) * 4;
    for (let i = 0; i < 32; i++) {
      const high = (view.getUint8(at + 16 + i) >>> group) & 1;
      const value = ((view.getUint8(q + i) >>> shift) & 15) | (high << 4);
      out[to + group * 32 + i] = Math.fround(scale * value) - min;
    }
  }
};

/**
 * Block: 128 bytes q, 64 bytes h, 16 × int8 scales, f16 d. 16 groups of 16. Per half n of the block and l < 32:
 * q[64n + l] holds the low four bits of the elements l and l + 64, q[64n + 32 + l] of l + 32 and l + 96;
 * h[32n + l] holds the high two bits of l, l + 32, l + 64, l + 96 from its lowest bits on. x = d·s·(q - 32).
 */
export const q6K: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at + 208);
  for (let group = 0; group < 16; group++) {
    const scale = Math.fround(d * view.getInt8(at + 192 + group));
    const quarter = (group >>> 1) & 3;
    const l = (group & 1) * 16;
    const q = at + (group >>> 3) * 64 + (quarter & 1) * 32 + l;
    const h = at + 128 + (group >>> 3) * 32 + l;
    const shift = quarter < 2 ? 0 : 4;
    for (let i = 0; i < 16; i++) {
      const high = (view.getUint8(h + i) >>> (quarter * 2)) & 3;
      out[to + group * 16 + i] = scale * ((((view.getUint8(q + i) >>> shift) & 15) | (high << 4)) - 32);
    }
  }
};

/**
 * Block: f16 d, uint16 high bits of the scales, 4 bytes with their low ones, 128 bytes q. 8 groups of 32, each with its
 * 16 bytes of q as in IQ4_NL. s has its low four bits in half g % 2 of byte g / 2, its high two at bit 2g of the uint16.
 * x = d·(s - 32)·IQ4_VALUES[q].
 */
export const iq4Xs: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  const highs = view.getUint16(at + 2, true);
  for (let group = 0; group < 8; group++) {
    const low = (view.getUint8(at + 4 + (group >>> 1)) >>> ((group & 1) * 4)) & 15;
    const scale = Math.fround(d * ((low | (((highs >>> (group * 2)) & 3) << 4)) - 32));
    lookUp(view, at + 8 + group * 16, scale, IQ4_VALUES, out, to + group * 32);
  }
};
