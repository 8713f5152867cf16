/**
 * Repacks random blocks on the GPU and compares every bit with the oracle.
 *
 * @module
 */
import { expect } from 'vitest';
import { GGML_TYPES } from '../../engine/gguf/types.ts';
import { randomBlocks } from '../../tests/random-blocks.ts';
import { weightLayout, type WeightType } from '../matmul/weights.ts';
import { repackKernel } from '../repack/repack.kernel.ts';
import type { RepackShape } from '../repack/repack-rows.ref.ts';
import type { Repacked } from '../repack/repack.ref.ts';
import { runKernel } from './run-kernel.ts';

export interface RepackCase {
  /** Rows of the file, of so many columns, from row `first` of the matrix on, `step` rows apart. */
  rows: number;
  cols: number;
  first: number;
  step: number;
}

type Oracle = (type: WeightType, raw: Uint8Array, shape: RepackShape, size: { rows: number; cols: number }) => Repacked;

export async function checkRepack(type: WeightType, { rows, cols, first, step }: RepackCase, oracle: Oracle) {
  const total = first + rows * step;
  const layout = weightLayout(type, total, cols);
  const { blockBytes, blockElements } = GGML_TYPES[type];
  const rowBytes = (cols / blockElements) * blockBytes;
  const raw = randomBlocks(type, (rows * cols) / blockElements, rows + cols);
  const expected = oracle(
    type,
    raw,
    { rowCount: rows, rowBytes, firstRow: first, rowStep: step },
    { rows: total, cols },
  );
  const { kernel, grid } = repackKernel(type);
  const result = await runKernel({
    kernel,
    grid: grid(rows, layout),
    params: {
      row_count: rows,
      blocks: layout.blocks,
      units_per_row: layout.unitsPerRow,
      scales_per_row: layout.scalesPerRow,
      row_bytes: rowBytes,
      first_row: first,
      row_step: step,
    },
    buffers: { raw, quants: new Uint8Array(layout.quantBytes), scales: new Uint8Array(layout.scaleBytes) },
  });
  expect(firstDifference(result['quants']!, expected.quants)).toBe(-1);
  if (layout.scaleBytes > 0) expect(firstDifference(result['scales']!, expected.scales)).toBe(-1);
}

/** The byte in which they differ first, or -1. */
function firstDifference(actual: ArrayBuffer, expected: Uint8Array): number {
  const bytes = new Uint8Array(actual);
  if (bytes.length !== expected.length) return Math.min(bytes.length, expected.length);
  return bytes.findIndex((byte, i) => byte !== expected[i]);
}
