/**
 * Matrices of random bits for the tests, as they lie on the GPU, and what they stand for.
 *
 * @module
 */
import { dequantize } from '../../engine/gguf/dequantize.ts';
import { GGML_TYPES } from '../../engine/gguf/types.ts';
import { randomBlocks } from '../../tests/random-blocks.ts';
import { repackRef } from '../repack/repack.ref.ts';
import type { WeightType } from './weights.ts';

export interface TestMatrix {
  quants: Uint8Array;
  scales: Uint8Array;
  /** [rows, cols] */
  values: Float32Array;
}

/** `scaleBits` makes the first f16 of every block these bits: the scale, or F16's element, of the types that are tested with it. */
export function testMatrix(type: WeightType, rows: number, cols: number, seed: number, scaleBits?: number): TestMatrix {
  const { blockBytes, blockElements } = GGML_TYPES[type];
  const raw = randomBlocks(type, (rows * cols) / blockElements, seed);
  if (scaleBits !== undefined) {
    const view = new DataView(raw.buffer);
    for (let at = 0; at < raw.length; at += blockBytes) view.setUint16(at, scaleBits, true);
  }
  const shape = { rowCount: rows, rowBytes: (cols / blockElements) * blockBytes, firstRow: 0, rowStep: 1 };
  const { quants, scales } = repackRef(type, raw, shape, { rows, cols });
  // A binding of 0 bytes is none.
  return { quants, scales: scales.length > 0 ? scales : new Uint8Array(4), values: dequantize(type, raw) };
}
