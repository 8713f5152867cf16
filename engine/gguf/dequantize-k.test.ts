import { expect, test } from 'vitest';
import { dequantize } from './dequantize.ts';
import { GGML_TYPES, type GgmlType } from './types.ts';

const HALF = [0x00, 0x38];
const QUARTER = [0x00, 0x34];

/** Checks elements of a block that is zero but for the bytes given from some offsets on. */
function expectElements(type: GgmlType, parts: Record<number, number[]>, elements: Record<number, number>): void {
  const bytes = new Uint8Array(GGML_TYPES[type].blockBytes);
  for (const [at, values] of Object.entries(parts)) bytes.set(values, Number(at));
  const values = dequantize(type, bytes);
  const found = Object.keys(elements).map((element) => [element, (values[Number(element)] ?? NaN) + 0]);
  expect(Object.fromEntries(found)).toEqual(elements);
}

test('Q2_K by hand', () => {
  // d = 1/2, dmin = 1/4; group g has the scale g and the minimum 15 - g
  const scales = Array.from({ length: 16 }, (_, g) => g | ((15 - g) << 4));
  const q = { 16: [0xe4], [16 + 17]: [0x1b], [16 + 32 + 5]: [0xe4] };
  expectElements(
    'Q2_K',
    { 0: scales, ...q, 80: [...HALF, ...QUARTER] },
    {
      0: -3.75,
      32: -2.25,
      64: 1.25,
      96: 6.75,
      17: -2,
      49: 0,
      81: 0,
      113: -2,
      133: -1.75,
      165: 3.75,
      197: 11.25,
      229: 20.75,
      255: 0,
    },
  );
});

test('Q3_K by hand', () => {
  // d = 1/2; scales: 0-3, 20-23, 47-44, 59-56
  const scales = [...Array.from({ length: 8 }, (_, g) => g | ((15 - g) << 4)), 0xe4, 0xe4, 0xe4, 0xe4];
  expectElements(
    'Q3_K',
    { 0: [0x55], 20: [0xa0], 32: [0xe4], [32 + 32 + 20]: [0x1b], 96: scales, 108: HALF },
    {
      0: 0,
      32: 45,
      64: -12,
      96: 5,
      1: 64,
      148: -7,
      180: 12,
      212: -39,
      244: 0,
    },
  );
});

// Scales 1, 2, 3, 4, 17, 35, 53, 7 and minima 5, 6, 7, 8, 50, 4, 22, 40.
const SIX_BITS = [0x41, 0x82, 0xc3, 0x04, 0xc5, 0x06, 0x47, 0x88, 0x21, 0x43, 0x65, 0x87];

test('Q4_K by hand', () => {
  expectElements(
    'Q4_K',
    {
      0: [...HALF, ...QUARTER, ...SIX_BITS],
      16: [0x3a],
      [16 + 32 + 31]: [0x1f],
      [16 + 64 + 1]: [0xf2],
      [16 + 96 + 7]: [0x9c],
    },
    { 0: 3.75, 32: 1.5, 95: 20.75, 127: 0, 129: 4.5, 161: 261.5, 199: 312.5, 231: 21.5, 255: -10 },
  );
});

test('Q5_K by hand', () => {
  expectElements(
    'Q5_K',
    {
      0: [...HALF, ...QUARTER, ...SIX_BITS],
      16: [0x02],
      [16 + 31]: [0x04],
      [16 + 1]: [0x20],
      [16 + 7]: [0xc0],
      48: [0x3a],
      [48 + 32 + 31]: [0x1f],
      [48 + 64 + 1]: [0xf2],
      [48 + 96 + 7]: [0x9c],
    },
    { 0: 3.75, 32: 17.5, 95: 44.75, 127: 0, 129: 4.5, 161: 541.5, 199: 736.5, 231: 77.5, 255: -10 },
  );
});

test('Q6_K by hand', () => {
  // d = 1/2; group g has the scale g - 8, but the last one -128
  const scales = Array.from({ length: 16 }, (_, g) => (g === 15 ? 0x80 : (g - 8) & 0xff));
  expectElements(
    'Q6_K',
    {
      0: [0x5a],
      33: [0xf1],
      [64 + 63]: [0xc3],
      128: [0xe4, 0x1b],
      [128 + 32 + 31]: [0x84],
      192: scales,
      208: HALF,
    },
    { 0: 88, 32: 48, 64: -10, 96: -16, 1: -64, 33: -3, 97: 17, 191: -19.5, 255: -768 },
  );
});

test('IQ4_XS by hand', () => {
  // d = 1/2; scales less 32: -31, -14, 3, 20, -27, -10, 7, 24
  expectElements(
    'IQ4_XS',
    {
      0: [...HALF, 0xe4, 0xe4, 0x21, 0x43, 0x65, 0x87],
      8: [0xf0],
      [8 + 16 + 5]: [0x87],
      [8 + 48 + 15]: [0x9a],
      [8 + 112 + 1]: [0x1e],
    },
    { 0: 1968.5, 16: -1751.5, 37: 70, 53: -7, 111: 250, 127: 130, 225: 1068, 241: -1248 },
  );
});
