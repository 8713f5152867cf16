/**
 * What LoRA adapters add to a product, in the form that the kernels read: `lora.wgsl`.
 *
 * @module
 */
import type { Fragment } from '../kernel.ts';
import lora from './lora.wgsl?raw';
import noLora from './no-lora.wgsl?raw';

/** Floats of a vec4: ranks are filled up with zeros to a multiple of it. */
const VECTOR = 4;

export const paddedRank = (rank: number): number => Math.ceil(rank / VECTOR) * VECTOR;

/**
 * Defines `adapted(token, row, sum)` and the same for four tokens: with adapters at the bindings `first` (`lora_b`, as
 * {@link packFactors} writes it) and the one after it (`lora_x`: `[T, stride]` f32, A · x), else as functions that do nothing.
 */
export function loraFragments(first: number | undefined): Fragment[] {
  if (first === undefined) return [{ file: 'shaders/matmul/no-lora.wgsl', text: noLora }];
  const bindings = `@group(0) @binding(${first}) var<storage, read> lora_b: array<vec4<u32>>;
@group(0) @binding(${first + 1}) var<storage, read> lora_x: array<vec4<f32>>;`;
  return [
    { file: 'prelude', text: bindings },
    { file: 'shaders/matmul/lora.wgsl', text: lora },
  ];
}

/** Some rows of a matrix, and what adapters add to them. */
export interface FactorRows {
  /** Row `fromRow + i` of `factors` belongs to row `firstRow + i * rowStep` of the matrix. */
  fromRow: number;
  rows: number;
  firstRow: number;
  rowStep: number;
  /** [any rows, width], scaled. */
  factors: Float32Array;
  /** Floats, a multiple of 4: the ranks of all adapters. */
  width: number;
  /** The first column of A · x that they meet, a multiple of 4. */
  column: number;
}

/**
 * `lora_b` of a matrix of so many rows. Rows that no part covers are left as they are.
 * @param stride columns of A · x, a multiple of 4
 */
export function packFactors(rows: number, stride: number, parts: readonly FactorRows[]): Uint32Array<ArrayBuffer> {
  const table = VECTOR + Math.ceil(rows / 2) * VECTOR;
  const words = new Uint32Array(parts.reduce((sum, part) => sum + part.rows * part.width, table));
  const floats = new Float32Array(words.buffer);
  words[0] = stride / VECTOR;
  let at = table;
  for (const { fromRow, rows: count, firstRow, rowStep, factors, width, column } of parts) {
    floats.set(factors.subarray(fromRow * width, (fromRow + count) * width), at);
    for (let i = 0; i < count; i++, at += width) {
      const entry = VECTOR + (firstRow + i * rowStep) * 2;
      words[entry] = at / VECTOR;
      words[entry + 1] = ((column / VECTOR) << 16) | (width / VECTOR);
    }
  }
  return words;
}
