/**
 * Quantizers of the super-blocks of 256 elements.
 *
 * @module
 */
import { IQ4_VALUES } from '../engine/gguf/dequantize-blocks.ts';
import { extreme, nearestCode, nearestEntry, orByte, type QuantizeBlock } from './quantize-blocks.ts';
import { putHalf } from './quantize-floats.ts';

function groupsOf(values: Float32Array, size: number): Float32Array[] {
  return Array.from({ length: values.length / size }, (_, g) => values.subarray(g * size, (g + 1) * size));
}

interface AffineFormat {
  groupSize: number;
  lastCode: number;
  lastScale: number;
  /** Where d stands; dmin follows it. */
  dAt: number;
}

interface Affine {
  scales: number[];
  mins: number[];
  codes: number[];
}

/** Writes d and dmin; x = d·scale·code - dmin·min. */
function affine(values: Float32Array, out: DataView, { groupSize, lastCode, lastScale, dAt }: AffineFormat): Affine {
  const groups = groupsOf(values, groupSize);
  const lows = groups.map((group) => Math.max(0, -Math.min(...group)));
  const steps = groups.map((group, g) => (Math.max(0, Math.max(...group)) + (lows[g] as number)) / lastCode);
  const d = putHalf(out, dAt, Math.max(...steps) / lastScale);
  const dMin = putHalf(out, dAt + 2, Math.max(...lows) / lastScale);
  const scales = steps.map((step) => nearestCode(step / d, lastScale));
  const mins = lows.map((low) => nearestCode(low / dMin, lastScale));
  const codes = groups.flatMap((group, g) => {
    const step = d * (scales[g] as number);
    const min = dMin * (mins[g] as number);
    return Array.from(group, (value) => nearestCode((value + min) / step, lastCode));
  });
  return { scales, mins, codes };
}

interface SignedFormat {
  groupSize: number;
  /** What the value of a group that is farthest from zero is in steps. */
  bound: number;
  /** Scales go from -lastScale to lastScale - 1. */
  lastScale: number;
  dAt: number;
  /** Nearest code to a value in steps. */
  code: (value: number) => number;
}

/** Writes d; x = d·scale·(what the code stands for). */
function signed(values: Float32Array, out: DataView, { groupSize, bound, lastScale, dAt, code }: SignedFormat) {
  const groups = groupsOf(values, groupSize);
  const steps = Float32Array.from(groups, (group) => extreme(group) / -bound);
  const d = putHalf(out, dAt, extreme(steps) / -lastScale);
  const scales = Array.from(steps, (step) => d && nearestCode(step / d + lastScale, 2 * lastScale - 1) - lastScale);
  const codes = groups.flatMap((group, g) => Array.from(group, (value) => code(value / (d * (scales[g] as number)))));
  return { scales, codes };
}

/** Two bits of each code: byte l of the n-th 32 holds the elements 128n + l + 32k. */
function putPairs(out: DataView, at: number, codes: readonly number[], from: number): void {
  for (const [e, code] of codes.entries()) {
    orByte(out, at + (e >>> 7) * 32 + (e & 31), ((code >>> from) & 3) << (((e >>> 5) & 3) * 2));
  }
}

/** The low four bits: `size` elements in the low halves of as many bytes, the next ones in the high halves. */
function putHalves(out: DataView, at: number, codes: readonly number[], size: number): void {
  for (const [e, code] of codes.entries()) {
    const run = Math.floor(e / size);
    orByte(out, at + (run >>> 1) * size + (e % size), (code & 15) << ((run & 1) * 4));
  }
}

/** Bit `from` of each code: bit e / 32 of byte e % 32. */
function putBits(out: DataView, at: number, codes: readonly number[], from: number): void {
  for (const [e, code] of codes.entries()) orByte(out, at + (e & 31), ((code >>> from) & 1) << (e >>> 5));
}

/** The 12 bytes of Q4_K and Q5_K. */
function putScalesAndMins(out: DataView, at: number, { scales, mins }: Affine): void {
  for (let g = 0; g < 4; g++) {
    const [low, lowMin] = [scales[g] as number, mins[g] as number];
    const [high, highMin] = [scales[g + 4] as number, mins[g + 4] as number];
    out.setUint8(at + g, low | ((high >>> 4) << 6));
    out.setUint8(at + g + 4, lowMin | ((highMin >>> 4) << 6));
    out.setUint8(at + g + 8, (high & 15) | ((highMin & 15) << 4));
  }
}

export const q2K: QuantizeBlock = (values, out) => {
  const { scales, mins, codes } = affine(values, out, { groupSize: 16, lastCode: 3, lastScale: 15, dAt: 80 });
  for (const [g, scale] of scales.entries()) out.setUint8(g, scale | ((mins[g] as number) << 4));
  putPairs(out, 16, codes, 0);
};

export const q3K: QuantizeBlock = (values, out) => {
  const code = (value: number) => nearestCode(value + 4, 7);
  const { scales, codes } = signed(values, out, { groupSize: 16, bound: 4, lastScale: 32, dAt: 108, code });
  for (const [g, scale] of scales.entries()) {
    orByte(out, 96 + (g & 7), ((scale + 32) & 15) << (g < 8 ? 0 : 4));
    orByte(out, 104 + (g & 3), ((scale + 32) >>> 4) << ((g >>> 2) * 2));
  }
  putBits(out, 0, codes, 2);
  putPairs(out, 32, codes, 0);
};

export const q4K: QuantizeBlock = (values, out) => {
  const block = affine(values, out, { groupSize: 32, lastCode: 15, lastScale: 63, dAt: 0 });
  putScalesAndMins(out, 4, block);
  putHalves(out, 16, block.codes, 32);
};

export const q5K: QuantizeBlock = (values, out) => {
  const block = affine(values, out, { groupSize: 32, lastCode: 31, lastScale: 63, dAt: 0 });
  putScalesAndMins(out, 4, block);
  putBits(out, 16, block.codes, 4);
  putHalves(out, 48, block.codes, 32);
};

export const q6K: QuantizeBlock = (values, out) => {
  const code = (value: number) => nearestCode(value + 32, 63);
  const { scales, codes } = signed(values, out, { groupSize: 16, bound: 32, lastScale: 128, dAt: 208, code });
  for (const [g, scale] of scales.entries()) out.setInt8(192 + g, scale);
  putHalves(out, 0, codes, 64);
  putPairs(out, 128, codes, 4);
};

export const iq4Xs: QuantizeBlock = (values, out) => {
  const code = (value: number) => nearestEntry(IQ4_VALUES, value);
  const { scales, codes } = signed(values, out, { groupSize: 32, bound: 127, lastScale: 32, dAt: 0, code });
  for (const [g, scale] of scales.entries()) {
    orByte(out, 2 + (g >>> 2), ((scale + 32) >>> 4) << ((g & 3) * 2));
    orByte(out, 4 + (g >>> 1), ((scale + 32) & 15) << ((g & 1) * 4));
  }
  putHalves(out, 8, codes, 16);
};
