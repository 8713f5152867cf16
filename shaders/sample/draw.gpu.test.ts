import { expect, it } from 'vitest';
import { batchWords } from '../testing/batch-words.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { drawGrid, drawKernel } from './draw.kernel.ts';
import { drawRef, uniformRef } from './draw.ref.ts';
import { ROW_WORDS, type RowSampling, writeSamplingRow } from './sampling-rows.ts';
import { CANDIDATES } from './top-k.kernel.ts';

const PLAIN: RowSampling = {
  temperature: 1,
  topK: CANDIDATES,
  topP: 1,
  minP: 0,
  seed: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
};
const ROWS = 300;
/** How near a draw may come to the border of two shares before either is right: sums in f32. */
const BORDER = 1e-5;

it.each<[string, Partial<RowSampling>, vocab: number]>([
  ['temperature alone', { temperature: 0.7 }, 5000],
  ['top-k', { topK: 5 }, 5000],
  ['top-p', { topP: 0.6, temperature: 1.4 }, 5000],
  ['min-p', { minP: 0.3, topK: 40 }, 5000],
  ["llama.cpp's defaults", { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05 }, 5000],
  ['a vocabulary smaller than the candidates', { temperature: 2 }, 20],
  ['the most likely', { temperature: 0 }, 5000],
])('%s', async (_, change, vocab) => {
  const words = new Uint32Array(ROWS * ROW_WORDS);
  const candidates = new Uint32Array(ROWS * CANDIDATES * 2).fill(0xffffffff);
  const floats = new Float32Array(candidates.buffer);
  const picks = new Uint32Array(ROWS * 4);
  const count = Math.min(CANDIDATES, vocab);
  const all = Array.from({ length: ROWS }, (__, row) => [...noise(row, count, 5)].sort((a, b) => b - a));
  const sampling = (row: number): RowSampling => ({ ...PLAIN, seed: row * 977, ...change });
  all.forEach((logits, row) => {
    writeSamplingRow(words, row, sampling(row), []);
    logits.forEach((logit, i) => {
      floats[(row * CANDIDATES + i) * 2] = logit;
      candidates[(row * CANDIDATES + i) * 2 + 1] = 1000 + i;
    });
    picks.set([1000, 0, 0, 0], row * 4);
  });
  const tokens = all.map((__, row) => ({ position: row * 3, slot: 0 }));
  const result = await runKernel({
    kernel: drawKernel(),
    grid: drawGrid(ROWS),
    params: {},
    buffers: { rows: words, batch: batchWords({ tokens, outputs: all.map((__, i) => i) }), candidates, picks },
  });
  const drawn = new Uint32Array(result['picks']!);
  const seen = new Set<number>();
  all.forEach((logits, row) => {
    const chosen = drawn[row * 4]! - 1000;
    seen.add(chosen);
    const ends = change.temperature === 0 ? [1] : drawRef(logits, sampling(row));
    const u = uniformRef(row * 977, row * 3 + 1);
    expect(chosen).toBeLessThan(ends.length);
    expect(u).toBeLessThan(ends[chosen]! + BORDER);
    expect(u).toBeGreaterThan((ends[chosen - 1] ?? 0) - BORDER);
  });
  expect(seen.size > 1).toBe(change.temperature !== 0);
});

it('leaves a row whose logits are not finite', async () => {
  const words = new Uint32Array(ROW_WORDS);
  writeSamplingRow(words, 0, PLAIN, []);
  const result = await runKernel({
    kernel: drawKernel(),
    grid: drawGrid(1),
    params: {},
    buffers: {
      rows: words,
      batch: batchWords({ tokens: [{ position: 0, slot: 0 }], outputs: [0] }),
      candidates: new Uint32Array(CANDIDATES * 2),
      picks: Uint32Array.of(7, 0, 1, 0),
    },
  });
  expect([...new Uint32Array(result['picks']!)]).toEqual([7, 0, 1, 0]);
});
