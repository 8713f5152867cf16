import { describe, expect, it } from 'vitest';
import { packFactors } from '../matmul/lora.ts';
import { testMatrix } from '../matmul/weights.ref.ts';
import { WEIGHT_TYPES, weightLayout, type WeightType } from '../matmul/weights.ts';
import { batchWords } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { columnsOf } from '../testing/run-matmul.ts';
import { embedGrid, embedKernel } from './embed.kernel.ts';
import { embedLoraRef, embedRef } from './embed.ref.ts';

/** Looks `ids` up in the part of a table that starts at row `firstRow`; `x` is returned as the kernel leaves it. */
async function lookUp(
  type: WeightType,
  shape: { rows: number; cols: number; firstRow: number; scale?: number },
  ids: number[],
  x: Float32Array,
) {
  const { rows, cols, firstRow, scale = 1 } = shape;
  const { blocks, unitsPerRow, scalesPerRow } = weightLayout(type, rows, cols);
  const { quants, scales, values } = testMatrix(type, rows, cols, rows + cols);
  const result = await runKernel({
    kernel: embedKernel(type),
    grid: embedGrid(ids.length, cols),
    params: { blocks, units_per_row: unitsPerRow, scales_per_row: scalesPerRow, first_row: firstRow, rows, scale },
    buffers: {
      batch: batchWords({ tokens: ids.map((id, position) => ({ id, position, slot: position, sequence: 0 })) }),
      x,
      quants,
      scales,
    },
  });
  return { x: new Float32Array(result['x']!), table: values };
}

it('embed: adds what adapters have for the tokens', async () => {
  const [type, cols, rows, ids, scale] = ['Q8_0', 96, 5, [4, 0, 2], 1.5] as const;
  const { blocks, unitsPerRow, scalesPerRow } = weightLayout(type, rows, cols);
  const { quants, scales, values } = testMatrix(type, rows, cols, 1);
  const a = noise(2, ids.length * 8);
  const factors = noise(3, cols * 8);
  const whole = { fromRow: 0, rows: cols, firstRow: 0, rowStep: 1, factors, width: 8, column: 0 };
  const result = await runKernel({
    kernel: embedKernel(type, true),
    grid: embedGrid(ids.length, cols),
    params: { blocks, units_per_row: unitsPerRow, scales_per_row: scalesPerRow, first_row: 0, rows, scale },
    buffers: {
      batch: batchWords({ tokens: ids.map((id, position) => ({ id, position, slot: position, sequence: 0 })) }),
      x: new Float32Array(ids.length * cols),
      quants,
      scales,
      lora_b: packFactors(cols, 8, [whole]),
      lora_x: a,
    },
  });
  const expected = embedLoraRef(embedRef(values, ids, cols, scale), a, factors, 8, scale);
  expectClose(new Float32Array(result['x']!), expected, 1e-6);
});

describe.each(WEIGHT_TYPES)('embed %s', (type) => {
  const [short, long] = columnsOf(type);

  it.each([
    { rows: 1, cols: short, ids: [0] },
    { rows: 40, cols: short, ids: [39, 0, 7, 7] },
    { rows: 5, cols: long, ids: [4, 0, 2, 1, 3] },
  ])('$rows rows of $cols', async ({ rows, cols, ids }) => {
    const shape = { rows, cols, firstRow: 0, scale: 1.5 };
    const { x, table } = await lookUp(type, shape, ids, new Float32Array(ids.length * cols));
    expectClose(x, embedRef(table, ids, cols, 1.5), 1e-6);
  });

  it('leaves tokens alone that lie in other parts of the table', async () => {
    const cols = short;
    const { x, table } = await lookUp(
      type,
      { rows: 10, cols, firstRow: 100 },
      [99, 100, 109, 110],
      new Float32Array(4 * cols).fill(9),
    );
    expectClose(x.subarray(cols, 3 * cols), embedRef(table, [0, 9], cols, 1), 1e-6);
    for (const untouched of [0, 3])
      expect([...x.subarray(untouched * cols, (untouched + 1) * cols)]).toEqual(Array(cols).fill(9));
  });
});
