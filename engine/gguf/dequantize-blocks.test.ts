import { expect, test } from 'vitest';
import { dequantize } from './dequantize.ts';

/** A block of zeros but for the bytes given from some offsets on. */
function block(bytes: number, parts: Record<number, number[]>): Uint8Array {
  const out = new Uint8Array(bytes);
  for (const [at, values] of Object.entries(parts)) out.set(values, Number(at));
  return out;
}

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

test('Q4_1 blocks by hand', () => {
  // d = 0.5, m = -2
  const values = dequantize('Q4_1', block(20, { 0: [0x00, 0x38, 0x00, 0xc0], 4: [0xf3] }));
  expect([...values.subarray(0, 2), ...values.subarray(16, 18)]).toEqual([-0.5, -2, 5.5, -2]);
});

test('Q5_0 blocks by hand: the fifth bits stand in one word', () => {
  // d = 0.5; bits 0 and 31 of the word
  const bytes = block(22, { 0: [0x00, 0x38, 0x01, 0, 0, 0x80], 6: [0x4f], 21: [0xf0] });
  const values = dequantize('Q5_0', bytes);
  expect([0, 16, 15, 31, 1].map((i) => values[i])).toEqual([7.5, -6, -8, 7.5, -8]);
});

test('Q5_1 blocks by hand', () => {
  // d = 0.5, m = 1
  const bytes = block(24, { 0: [0x00, 0x38, 0x00, 0x3c, 0x01, 0, 0, 0x80], 8: [0x4f], 23: [0xf0] });
  const values = dequantize('Q5_1', bytes);
  expect([0, 16, 15, 31, 1].map((i) => values[i])).toEqual([16.5, 3, 1, 16.5, 1]);
});

test('IQ4_NL blocks by hand', () => {
  // d = 0.25
  const values = dequantize('IQ4_NL', block(18, { 0: [0x00, 0x34, 0x0f], 17: [0x87] }));
  expect([0, 16, 15, 31, 1].map((i) => values[i])).toEqual([28.25, -31.75, -2.5, 0.25, -31.75]);
});

test('MXFP4 blocks by hand', () => {
  // 2^(127 - 127)
  const values = dequantize('MXFP4', block(17, { 0: [127, 0xf1], 16: [0x7d] }));
  expect([0, 16, 15, 31, 1].map((i) => values[i])).toEqual([0.5, -6, -3, 6, 0]);
  expect(dequantize('MXFP4', block(17, { 1: [0x03] }))[0]).toBe(1.5 * 2 ** -127);
});
