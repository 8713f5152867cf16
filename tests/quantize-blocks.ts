/**
 * Quantizers of the blocks of 32 elements.
 *
 * @module
 */
import { E2M1_DOUBLED, IQ4_VALUES } from '../engine/gguf/dequantize-blocks.ts';
import { e8m0ToF32Half } from '../engine/gguf/dequantize-floats.ts';
import { putHalf } from './quantize-floats.ts';

/** Writes one block of values to `out`, which is as long as the block and zero. */
export type QuantizeBlock = (values: Float32Array, out: DataView) => void;

/** The value farthest from zero, with its sign. */
export function extreme(values: Float32Array): number {
  return values.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
}

/** The code of 0 to `last` nearest to `value`, which is in steps. No step at all (a scale of zero) gives code 0. */
export function nearestCode(value: number, last: number): number {
  return Number.isFinite(value) ? Math.max(0, Math.min(last, Math.round(value))) : 0;
}

/** The number of the table's entry nearest to `value`. */
export function nearestEntry(table: Int8Array, value: number): number {
  let best = 0;
  for (const [i, entry] of table.entries()) {
    if (Math.abs(entry - value) < Math.abs((table[best] as number) - value)) best = i;
  }
  return best;
}

/** Adds bits to a byte. */
export function orByte(out: DataView, at: number, bits: number): void {
  out.setUint8(at, out.getUint8(at) | bits);
}

/** The low four bits of 32 codes: 0-15 in the low halves of 16 bytes, 16-31 in the high ones. */
function putHalves(out: DataView, at: number, codes: readonly number[]): void {
  for (const [i, code] of codes.entries()) orByte(out, at + (i & 15), (code & 15) << (i < 16 ? 0 : 4));
}

/** Bit 4 of 32 codes. */
function putFifthBits(out: DataView, at: number, codes: readonly number[]): void {
  for (const [i, code] of codes.entries()) orByte(out, at + (i >>> 3), (code >>> 4) << (i & 7));
}

export const q8_0: QuantizeBlock = (values, out) => {
  const d = putHalf(out, 0, Math.abs(extreme(values)) / 127);
  for (const [i, value] of values.entries()) out.setInt8(2 + i, nearestCode(value / d + 127, 254) - (d && 127));
};

/** Codes around `zero`, the value farthest from zero at code 0. */
function signedCodes(values: Float32Array, out: DataView, zero: number): number[] {
  const d = putHalf(out, 0, extreme(values) / -zero);
  return Array.from(values, (value) => nearestCode(value / d + zero, 2 * zero - 1));
}

/** Codes from the smallest value to the largest. */
function affineCodes(values: Float32Array, out: DataView, last: number): number[] {
  const low = Math.min(...values);
  const d = putHalf(out, 0, (Math.max(...values) - low) / last);
  const m = putHalf(out, 2, low);
  return Array.from(values, (value) => nearestCode((value - m) / d, last));
}

export const q4_0: QuantizeBlock = (values, out) => {
  putHalves(out, 2, signedCodes(values, out, 8));
};

export const q4_1: QuantizeBlock = (values, out) => {
  putHalves(out, 4, affineCodes(values, out, 15));
};

export const q5_0: QuantizeBlock = (values, out) => {
  const codes = signedCodes(values, out, 16);
  putFifthBits(out, 2, codes);
  putHalves(out, 6, codes);
};

export const q5_1: QuantizeBlock = (values, out) => {
  const codes = affineCodes(values, out, 31);
  putFifthBits(out, 4, codes);
  putHalves(out, 8, codes);
};

export const iq4Nl: QuantizeBlock = (values, out) => {
  const d = putHalf(out, 0, extreme(values) / -127);
  const codes = Array.from(values, (value) => nearestEntry(IQ4_VALUES, value / d));
  putHalves(out, 2, codes);
};

export const mxfp4: QuantizeBlock = (values, out) => {
  const largest = Math.abs(extreme(values));
  // The largest entry is 6 = 1.5·2², so this exponent brings the largest value to 4 up to 8.
  const exponent = largest === 0 ? 0 : Math.max(0, Math.floor(Math.log2(largest)) - 2 + 127);
  out.setUint8(0, exponent);
  const d = e8m0ToF32Half(exponent);
  const codes = Array.from(values, (value) => nearestEntry(E2M1_DOUBLED, value / d));
  putHalves(out, 1, codes);
};
