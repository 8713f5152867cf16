import { expect, test } from 'vitest';
import { f32ToBf16, f32ToF16, quantize } from '../../tests/quantize.ts';
import { bf16ToF32, f16ToF32 } from './dequantize-floats.ts';
import { dequantize } from './dequantize.ts';
import { GGML_TYPES, ggmlTypeName, type GgmlType } from './types.ts';

test('half precision: known values', () => {
  const known: [number, number][] = [
    [0x0000, 0],
    [0x8000, -0],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0x0001, 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x7c00, Infinity],
    [0xfc00, -Infinity],
  ];
  for (const [half, value] of known) expect(f16ToF32(half)).toBe(value);
  expect(f16ToF32(0x7e00)).toBeNaN();
});

test('half precision and bfloat16: every finite pattern comes back', () => {
  const wrong: number[] = [];
  for (let half = 0; half < 0x10000; half++) {
    if ((half & 0x7c00) !== 0x7c00 && f32ToF16(f16ToF32(half)) !== half) wrong.push(half);
    if ((half & 0x7f80) !== 0x7f80 && f32ToBf16(bf16ToF32(half)) !== half) wrong.push(half);
  }
  expect(wrong).toEqual([]);
  expect(bf16ToF32(0x4049)).toBe(3.140625);
  expect(bf16ToF32(0xff80)).toBe(-Infinity);
});

test('rounding to half precision: to nearest, ties to even', () => {
  expect(f32ToF16(1 + 2 ** -11)).toBe(0x3c00);
  expect(f32ToF16(1 + 3 * 2 ** -11)).toBe(0x3c02);
  expect(f32ToF16(65519)).toBe(0x7bff);
  expect(f32ToF16(65520)).toBe(0x7c00);
  expect(f32ToF16(2047.9)).toBe(0x6800);
  expect(f32ToF16(2 ** -25)).toBe(0);
  expect(f32ToBf16(1 + 2 ** -8)).toBe(0x3f80);
  expect(f32ToBf16(1 + 3 * 2 ** -8)).toBe(0x3f82);
});

test('Q8_0 blocks by hand', () => {
  const bytes = new Uint8Array(68);
  bytes.set([0x00, 0x38, 1, 0xff, 127, 0x80], 0); // d = 0.5
  bytes.set([0x00, 0xc0, 3], 34); // d = -2
  const values = dequantize('Q8_0', bytes);
  expect(values.length).toBe(64);
  expect([...values.subarray(0, 5)]).toEqual([0.5, -0.5, 63.5, -64, 0]);
  expect([...values.subarray(32, 34)]).toEqual([-6, -0]);
});

test('Q4_0 blocks by hand: low halves first, then high ones', () => {
  const bytes = new Uint8Array(18).fill(0x88);
  bytes.set([0x00, 0x34], 0); // d = 0.25
  bytes.set([0xf0, 0x19], 2);
  const values = dequantize('Q4_0', bytes);
  expect([...values.subarray(0, 3)]).toEqual([-2, 0.25, 0]);
  expect([...values.subarray(16, 19)]).toEqual([1.75, -1.75, 0]);
});

test.each<[GgmlType, number]>([
  ['F32', 0],
  ['F16', 2 ** -11],
  ['BF16', 2 ** -8],
  ['Q8_0', 1 / 254 + 2 ** -11],
  ['Q4_0', 1 / 8 + 2 ** -11],
])('%s: quantized values come back within half a step', (type, relative) => {
  let state = 12345;
  const values = Float32Array.from({ length: 32 * 40 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 31 - 1) * 3;
  });
  const bytes = quantize(type, values);
  expect(bytes.length).toBe((values.length / GGML_TYPES[type].blockElements) * GGML_TYPES[type].blockBytes);
  // In a view that begins in the middle of its buffer, as slices of a file do.
  const moved = new Uint8Array(bytes.length + 3);
  moved.set(bytes, 3);
  const back = dequantize(type, moved.subarray(3));
  for (const [i, value] of values.entries()) {
    expect(Math.abs((back[i] ?? NaN) - value)).toBeLessThanOrEqual(3 * relative);
  }
});

test('a block of zeros stays zero', () => {
  for (const type of ['Q8_0', 'Q4_0'] as const) {
    const back = dequantize(type, quantize(type, new Float32Array(32)));
    expect(back.every((value) => value === 0)).toBe(true);
  }
});

test('refuses what it cannot', () => {
  expect(() => dequantize('IQ2_S', new Uint8Array(82))).toThrow(/IQ2_S cannot be dequantized; F32, .* can/);
  expect(() => dequantize('Q4_0', new Uint8Array(19))).toThrow(/19 bytes are not whole blocks of Q4_0/);
});

test('type numbers are unique and have names', () => {
  const ids = Object.values(GGML_TYPES).map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([0, 2, 12, 30, 4, 99].map(ggmlTypeName)).toEqual(['F32', 'Q4_0', 'Q4_K', 'BF16', undefined, undefined]);
});
