import { expect, test } from 'vitest';
import { f32ToBf16, f32ToF16 } from '../../tests/quantize-floats.ts';
import { bf16ToF32, e8m0ToF32Half, f16ToF32 } from './dequantize-floats.ts';

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

test('E8M0: powers of two, also below the normal numbers', () => {
  expect([0, 1, 2, 128, 255].map(e8m0ToF32Half)).toEqual([2 ** -128, 2 ** -127, 2 ** -126, 1, 2 ** 127]);
});
