import { describe, expect, it } from 'vitest';
import { weightLayout } from '../matmul/weights.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { repackRowsRef } from './repack-rows.ref.ts';
import { repackKernel } from './repack.kernel.ts';

describe.each([
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
] as const)('repack-rows %s', (type, elementBytes) => {
  it.each([
    { rows: 1, cols: 32, first: 0, step: 1 },
    { rows: 7, cols: 96, first: 1, step: 2 },
    { rows: 33, cols: 576, first: 4, step: 1 },
  ])('$rows rows of $cols, from row $first on, step $step', async ({ rows, cols, first, step }) => {
    const total = first + rows * step;
    const { unitsPerRow, scalesPerRow } = weightLayout(type, total, cols);
    const rowBytes = cols * elementBytes;
    const raw = Uint8Array.from({ length: rows * rowBytes }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255);
    const { kernel, grid } = repackKernel(type);
    const shape = { rowCount: rows, unitsPerRow, scalesPerRow, rowBytes, firstRow: first, rowStep: step };
    const expected = repackRowsRef(raw, shape, total);
    const result = await runKernel({
      kernel,
      grid: grid(shape),
      params: { row_count: rows, units_per_row: unitsPerRow, row_bytes: rowBytes, first_row: first, row_step: step },
      buffers: { raw, quants: new Uint8Array(expected.length) },
    });
    expect(Buffer.from(result['quants']!).equals(expected)).toBe(true);
  });
});
