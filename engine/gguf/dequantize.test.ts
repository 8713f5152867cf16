import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { quantize } from '../../tests/quantize.ts';
import { randomBlocks } from '../../tests/random-blocks.ts';
import { dequantize } from './dequantize.ts';
import { GGML_TYPES, ggmlTypeName, type GgmlType } from './types.ts';

/** Of `dequantize_row_*` of llama.cpp, compiled without fused multiply-add, for `randomBlocks(type, 100, 7)`. */
const LLAMA_CPP_SHA256: [GgmlType, string][] = [
  ['Q4_0', '8e6a640c23511b3c3c33747a95c85ac4'],
  ['Q4_1', 'd7373f378585796ad001032a35dcd1c9'],
  ['Q5_0', '4eef23a7658301bc16689a191d3451a1'],
  ['Q5_1', 'f9d9f0402cd1f176def62030be0b72f4'],
  ['Q8_0', '9fab2b0d16c6b6f128f012419c7772b0'],
  ['Q2_K', '129f65c0ccd2924b6c814a9edc2e9648'],
  ['Q3_K', '9309d93303987a06446620f565e6f644'],
  ['Q4_K', '7464e1d959f7ed80f1a8b4c9ce23b75e'],
  ['Q5_K', 'fe3dd19d669a828ae8995f55c72b4f2b'],
  ['Q6_K', '4d741db3ffcec21cad07bcf5781f3a75'],
  ['IQ4_NL', '5e8cba4f39b9e224732d5a5d721ea902'],
  ['IQ4_XS', 'd7900750d39ae64dc53d2775c67d804e'],
  ['MXFP4', 'faca8f4cc1e7d614834bbcef81e468dd'],
];

test.each(LLAMA_CPP_SHA256)('%s: bit for bit what llama.cpp gives', (type, digest) => {
  const values = dequantize(type, randomBlocks(type, 100, 7));
  expect(createHash('sha256').update(new Uint8Array(values.buffer)).digest('hex').slice(0, 32)).toBe(digest);
});

/** Largest error of values within ±1 that fill that range, rounded up. */
const LARGEST_ERROR: [GgmlType, number][] = [
  ['F32', 0],
  ['F16', 2 ** -12],
  ['BF16', 2 ** -9],
  ['Q8_0', 1 / 254 + 2 ** -12],
  // One end of the range has no code of its own: a whole step there. Where both have, half a step.
  ['Q4_0', 1 / 8 + 2 ** -11],
  ['Q4_1', 1 / 15 + 2 ** -11],
  ['Q5_0', 1 / 16 + 2 ** -11],
  ['Q5_1', 1 / 31 + 2 ** -11],
  // Half of the table's widest gap, or what lies beyond its end.
  ['IQ4_NL', 14 / 127 + 2 ** -11],
  ['MXFP4', 1 / 4],
  // Half a step, and the rounding of the group's scale and minimum.
  ['Q2_K', 1 / 3 + 1 / 15 + 1 / 30],
  ['Q3_K', 1 / 4 + 1 / 16],
  ['Q4_K', 1 / 15 + 1 / 63 + 1 / 126],
  ['Q5_K', 1 / 31 + 1 / 63 + 1 / 126],
  ['Q6_K', 1 / 32 + 1 / 64],
  ['IQ4_XS', 14 / 127 + 1 / 16],
];

test.each(LARGEST_ERROR)('%s: quantized values come back', (type, largest) => {
  let state = 12345;
  const values = Float32Array.from({ length: 256 * 8 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const bytes = quantize(type, values);
  expect(bytes.length).toBe((values.length / GGML_TYPES[type].blockElements) * GGML_TYPES[type].blockBytes);
  // In a view that begins in the middle of its buffer, as slices of a file do.
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  const back = dequantize(type, moved.subarray(3));
  const errors = Array.from(values, (value, i) => Math.abs((back[i] ?? NaN) - value));
  expect(Math.max(...errors)).toBeLessThanOrEqual(largest);
});

test.each(LARGEST_ERROR)('%s: zeros stay zero, alone and beside values', (type) => {
  const half = Float32Array.from({ length: 512 }, (_, i) => (i < 256 ? 0 : Math.sin(i)));
  const back = dequantize(type, quantize(type, half));
  expect(back.subarray(0, 256).every((value) => value === 0)).toBe(true);
  expect(back.subarray(256).every((value) => Number.isFinite(value))).toBe(true);
});

test('refuses what it cannot', () => {
  expect(() => dequantize('IQ2_S', new Uint8Array(82))).toThrow(/IQ2_S cannot be dequantized; F32, F16, .*, MXFP4 can/);
  for (const [type] of LARGEST_ERROR) {
    const bytes = GGML_TYPES[type].blockBytes + 1;
    expect(() => dequantize(type, new Uint8Array(bytes))).toThrow(`${bytes} bytes are not whole blocks of ${type}`);
  }
});

test('type numbers are unique and have names', () => {
  const ids = Object.values(GGML_TYPES).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([0, 2, 12, 30, 4, 99].map(ggmlTypeName)).toEqual(['F32', 'Q4_0', 'Q4_K', 'BF16', undefined, undefined]);
});
