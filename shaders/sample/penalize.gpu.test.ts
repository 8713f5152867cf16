import { expect, it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { penalizeGrid, penalizeKernel } from './penalize.kernel.ts';
import { penalizeRef } from './penalize.ref.ts';
import { ROW_WORDS, type RowSampling, writeSamplingRow } from './sampling-rows.ts';

const PLAIN: RowSampling = {
  temperature: 0,
  topK: 40,
  topP: 1,
  minP: 0,
  seed: 1,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
};

it('penalizes the last 64 tokens of each row, each token once', async () => {
  const vocab = 50;
  const rows: [Partial<RowSampling>, number[]][] = [
    [{ repetitionPenalty: 1.3 }, [1, 2, 3, 3, 49]],
    [{ frequencyPenalty: 0.4, presencePenalty: -0.7 }, Array.from({ length: 200 }, (_, i) => (i * i) % 23)],
    [{}, [4, 5, 6]],
    [{ repetitionPenalty: 0.8, frequencyPenalty: 0.1 }, []],
  ];
  const words = new Uint32Array(rows.length * ROW_WORDS);
  rows.forEach(([sampling, history], row) => writeSamplingRow(words, row, { ...PLAIN, ...sampling }, history));
  const logits = noise(1, rows.length * vocab, 6);
  const result = await runKernel({
    kernel: penalizeKernel(),
    grid: penalizeGrid(rows.length),
    params: { vocab },
    buffers: { rows: words, logits },
  });
  const out = new Float32Array(result['logits']!);
  rows.forEach(([sampling, history], row) => {
    const mine = logits.subarray(row * vocab, (row + 1) * vocab);
    const expected = penalizeRef(mine, { ...PLAIN, ...sampling }, history);
    expectClose(out.subarray(row * vocab, (row + 1) * vocab), expected, 1e-5);
  });
  expect(out.subarray(2 * vocab)).toEqual(logits.subarray(2 * vocab));
});
