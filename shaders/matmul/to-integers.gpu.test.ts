import { expect, it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { integersBytes, toIntegersGrid, toIntegersKernel } from './to-integers.kernel.ts';
import { fromIntegersRef, toIntegersRef } from './to-integers.ref.ts';

async function integersOf(x: Float32Array, cols: number, tokens: number): Promise<Uint32Array> {
  const rows = x.length / cols;
  const { integers } = await runKernel({
    kernel: toIntegersKernel(),
    grid: toIntegersGrid(cols, rows),
    params: { blocks: cols / 32, count_at: 0 },
    buffers: {
      batch: batchWords({ tokens: plainTokens(tokens) }),
      x,
      integers: new Uint32Array(integersBytes(cols, rows) / 4),
    },
  });
  return new Uint32Array(integers!);
}

it.each([32, 96, 1056])(
  '%i columns: 2 ** -16 of the largest of a block, rows beyond the last untouched',
  async (cols) => {
    const x = noise(cols, 3 * cols, 4);
    x.fill(0, 32, 64); // a block of zeros, or of another token
    const words = await integersOf(x, cols, 2);
    const [ours, wanted] = [words, toIntegersRef(x, cols)].map((of) => fromIntegersRef(of, cols));
    for (let i = 0; i < 2 * cols; i++) {
      const block = x.subarray(i - (i % 32), i - (i % 32) + 32);
      const step = block.reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 32_512;
      expect(Math.abs(ours!.values[i]! - x[i]!)).toBeLessThanOrEqual(step * 0.51);
      expect(Math.abs(ours!.sums[i >> 4]! - wanted!.sums[i >> 4]!)).toBeLessThanOrEqual(step * 16);
    }
    expect(words.subarray(integersBytes(cols, 2) / 4).every((word) => word === 0)).toBe(true);
  },
);

it.each([Number.NaN, Infinity, -Infinity])('%s in a block makes its step no number', async (value) => {
  const x = new Float32Array(64).fill(0.5);
  x[40] = value;
  const { values } = fromIntegersRef(await integersOf(x, 64, 1), 64);
  expect(values.subarray(0, 32).every((v) => Math.abs(v - 0.5) < 1e-4)).toBe(true);
  expect(values.subarray(32).some((v) => Number.isFinite(v) && v !== 0)).toBe(false);
});
