/**
 * Repacked matrices for the tests, of pseudo-random bits, and what they stand for.
 *
 * @module
 */
import { noise } from '../testing/noise.ts';
import { BLOCK, type WeightType } from './weights.ts';

export interface TestMatrix {
  quants: Uint8Array;
  scales: Uint16Array;
  /** [rows, cols] */
  values: Float32Array;
}

/** Values of about ±1; `scaleBits` makes every scale these f16 bits. */
export function testMatrix(type: WeightType, rows: number, cols: number, seed: number, scaleBits?: number): TestMatrix {
  const random = noise(seed, rows * cols);
  if (type === 'F32')
    return { quants: new Uint8Array(random.slice().buffer), scales: new Uint16Array(2), values: random };
  const words = new Uint16Array(rows * cols);
  if (type === 'BF16') {
    const bits = new Uint32Array(random.slice().buffer);
    const values = new Float32Array(bits.map((b) => b & 0xffff0000).buffer);
    bits.forEach((b, i) => (words[i] = b >>> 16));
    return { quants: new Uint8Array(words.buffer), scales: new Uint16Array(2), values };
  }
  if (type === 'F16') {
    // any sign and mantissa, exponents from denormals to [1, 2)
    random.forEach((v, i) => (words[i] = (Math.floor((v + 1) * 0x3fff) % 0x4000) | (i % 3 === 0 ? 0x8000 : 0)));
    return {
      quants: new Uint8Array(words.buffer),
      scales: new Uint16Array(2),
      values: Float32Array.from(words, halfToFloat),
    };
  }
  return testBlocks(type, random, rows, cols, scaleBits);
}

function testBlocks(
  type: 'Q8_0' | 'Q4_0',
  random: Float32Array,
  rows: number,
  cols: number,
  scaleBits?: number,
): TestMatrix {
  const blocks = cols / BLOCK;
  const stride = Math.ceil(blocks / 2) * 2;
  const quants = new Uint8Array(type === 'Q8_0' ? rows * cols : (rows * cols) / 2);
  const scales = new Uint16Array(rows * stride);
  const values = new Float32Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    for (let block = 0; block < blocks; block++) {
      const first = row * cols + block * BLOCK;
      const bits = scaleBits ?? (type === 'Q8_0' ? 0x2000 : 0x3000) + Math.floor(Math.abs(random[first]!) * 0x3ff);
      scales[row * stride + block] = bits;
      const scale = halfToFloat(bits);
      for (let i = 0; i < BLOCK; i++) {
        const level = Math.abs(random[first + i]!);
        if (type === 'Q8_0') {
          const byte = Math.floor(level * 256);
          quants[first + i] = byte;
          values[first + i] = scale * (byte < 128 ? byte : byte - 256);
        } else {
          const nibble = Math.floor(level * 16);
          quants[first / 2 + (i % 16)]! |= nibble << (i < 16 ? 0 : 4);
          values[first + i] = scale * (nibble - 8);
        }
      }
    }
  }
  return { quants, scales, values };
}

function halfToFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  const sign = bits & 0x8000 ? -1 : 1;
  return exponent === 0 ? sign * mantissa * 2 ** -24 : sign * (1024 + mantissa) * 2 ** (exponent - 25);
}
