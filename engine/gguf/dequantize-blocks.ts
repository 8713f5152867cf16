/**
 * Blocks of 32 elements with one scale.
 * In the 4- and 5-bit formats byte i of q holds element i in its low and element i + 16 in its high four bits.
 *
 * @module
 */
import { e8m0ToF32Half, halfAt } from './dequantize-floats.ts';

/** Writes the elements of the block at byte `at` of `view` to `out`, from `to` on. */
export type DequantizeBlock = (view: DataView, at: number, out: Float32Array, to: number) => void;

/** What the four bits of IQ4_NL and IQ4_XS stand for. */
export const IQ4_VALUES = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

/** What the four bits of MXFP4 (E2M1) stand for, doubled. */
export const E2M1_DOUBLED = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

/** Block: f16 scale d, 16 bytes q. x = d·(q - 8). */
export const q4_0: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  for (let i = 0; i < 16; i++) {
    const pair = view.getUint8(at + 2 + i);
    out[to + i] = d * ((pair & 15) - 8);
    out[to + 16 + i] = d * ((pair >>> 4) - 8);
  }
};

/** Block: f16 scale d, f16 minimum m, 16 bytes q. x = d·q + m. */
export const q4_1: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  const m = halfAt(view, at + 2);
  for (let i = 0; i < 16; i++) {
    const pair = view.getUint8(at + 4 + i);
    out[to + i] = Math.fround(d * (pair & 15)) + m;
    out[to + 16 + i] = Math.fround(d * (pair >>> 4)) + m;
  }
};

/** Block: f16 scale d, uint32 h whose bit i is bit 4 of element i, 16 bytes q. x = d·(q - 16). */
export const q5_0: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  const high = view.getUint32(at + 2, true);
  for (let i = 0; i < 16; i++) {
    const pair = view.getUint8(at + 6 + i);
    out[to + i] = d * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
    out[to + 16 + i] = d * (((pair >>> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
  }
};

/** Block: f16 scale d, f16 minimum m, uint32 h whose bit i is bit 4 of element i, 16 bytes q. x = d·q + m. */
export const q5_1: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  const m = halfAt(view, at + 2);
  const high = view.getUint32(at + 4, true);
  for (let i = 0; i < 16; i++) {
    const pair = view.getUint8(at + 8 + i);
    out[to + i] = Math.fround(d * ((pair & 15) | (((high >>> i) & 1) << 4))) + m;
    out[to + 16 + i] = Math.fround(d * ((pair >>> 4) | (((high >>> (i + 16)) & 1) << 4))) + m;
  }
};

/** Block: f16 scale d, 32 × int8 q. x = d·q. */
export const q8_0: DequantizeBlock = (view, at, out, to) => {
  const d = halfAt(view, at);
  for (let i = 0; i < 32; i++) out[to + i] = d * view.getInt8(at + 2 + i);
};

/** Block: f16 scale d, 16 bytes q. x = d·IQ4_VALUES[q]. */
export const iq4Nl: DequantizeBlock = (view, at, out, to) => {
  lookUp(view, at + 2, halfAt(view, at), IQ4_VALUES, out, to);
};

/** Block: E8M0 exponent e, 16 bytes q. x = 2^(e - 128)·E2M1_DOUBLED[q]. */
export const mxfp4: DequantizeBlock = (view, at, out, to) => {
  lookUp(view, at + 1, e8m0ToF32Half(view.getUint8(at)), E2M1_DOUBLED, out, to);
};

/** 32 elements of 16 bytes that number entries of a table. */
export function lookUp(
  view: DataView,
  at: number,
  scale: number,
  table: Int8Array,
  out: Float32Array,
  to: number,
): void {
  for (let i = 0; i < 16; i++) {
    const pair = view.getUint8(at + i);
    out[to + i] = scale * (table[pair & 15] as number);
    out[to + 16 + i] = scale * (table[pair >>> 4] as number);
  }
}
