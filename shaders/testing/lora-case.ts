/**
 * LoRA adapters for the kernel tests: one on the even rows of a matrix, one of another rank on the odd ones, none on the last of these.
 *
 * @module
 */
import { type FactorRows, packFactors } from '../matmul/lora.ts';
import { mulMatRef } from '../matmul/mul-mat-vec.ref.ts';
import { noise } from './noise.ts';

const EVEN = { width: 4, column: 0 };
const ODD = { width: 8, column: 4 };
const STRIDE = EVEN.width + ODD.width;

export interface LoraCase {
  /** [12, cols] */
  a: Float32Array;
  /** [rows, 12], zeros where an adapter does not belong to a row. */
  b: Float32Array;
  buffers: { lora_b: Uint32Array; lora_x: Float32Array };
}

/**
 * @param rows of the whole matrix
 * @param x [tokens, cols]
 * @param paddedTokens what `lora_x` has; A · x beyond T is NaN and must not matter
 */
export function loraCase(rows: number, x: Float32Array, cols: number, paddedTokens: number): LoraCase {
  const a = noise(cols, STRIDE * cols);
  const product = mulMatRef(x, a, cols);
  const x2 = new Float32Array(paddedTokens * STRIDE).fill(NaN);
  x2.set(product);
  const parts = [
    { ...EVEN, fromRow: 1, rows: Math.ceil(rows / 2), firstRow: 0, rowStep: 2 },
    { ...ODD, fromRow: 0, rows: Math.max(0, Math.floor(rows / 2) - 1), firstRow: 1, rowStep: 2 },
  ].map((part): FactorRows => ({ ...part, factors: noise(part.width, (part.fromRow + part.rows) * part.width) }));
  const b = new Float32Array(rows * STRIDE);
  for (const { fromRow, rows: count, firstRow, rowStep, factors, width, column } of parts) {
    for (let i = 0; i < count; i++) {
      const row = factors.subarray((fromRow + i) * width, (fromRow + i + 1) * width);
      b.set(row, (firstRow + i * rowStep) * STRIDE + column);
    }
  }
  return { a, b, buffers: { lora_b: packFactors(rows, STRIDE, parts), lora_x: x2 } };
}

/** Columns of A · x in {@link LoraCase}. */
export const LORA_COLUMNS = STRIDE;
