import { describe, expect, it } from 'vitest';
import { weightLayout } from '../matmul/weights.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { repackBlocksRef } from './repack-blocks.ref.ts';
import { repackKernel } from './repack.kernel.ts';

const bytes = (count: number) =>
  Uint8Array.from({ length: count }, (_, i) => (Math.imul(i + 1, 2654435761) >>> 13) & 255);

describe.each([
  ['Q4_0', 1, 18],
  ['Q8_0', 2, 34],
] as const)('repack-blocks %s', (type, quantUnits, blockBytes) => {
  // Odd numbers of blocks leave half a word of scales; rows then start at any byte.
  it.each([
    { rows: 1, cols: 32, first: 0, step: 1 },
    { rows: 3, cols: 96, first: 2, step: 1 },
    { rows: 5, cols: 384, first: 0, step: 2 },
    { rows: 4, cols: 160, first: 1, step: 2 },
    { rows: 70, cols: 2048, first: 3, step: 1 },
  ])('$rows rows of $cols, from row $first on, step $step', async ({ rows, cols, first, step }) => {
    const total = first + rows * step;
    const { unitsPerRow, scalesPerRow } = weightLayout(type, total, cols);
    const rowBytes = (cols / 32) * blockBytes;
    const raw = bytes(rows * rowBytes);
    const { kernel, grid } = repackKernel(type);
    const shape = { rowCount: rows, unitsPerRow, scalesPerRow, rowBytes, firstRow: first, rowStep: step };
    const expected = repackBlocksRef(raw, shape, quantUnits, total);
    const result = await runKernel({
      kernel,
      grid: grid(shape),
      params: {
        row_count: rows,
        units_per_row: unitsPerRow,
        scales_per_row: scalesPerRow,
        row_bytes: rowBytes,
        first_row: first,
        row_step: step,
      },
      buffers: { raw, quants: new Uint8Array(expected.quants.length), scales: new Uint8Array(expected.scales.length) },
    });
    expect(Buffer.from(result['quants']!).equals(expected.quants)).toBe(true);
    expect(Buffer.from(result['scales']!).equals(expected.scales)).toBe(true);
  });
});
