import { expect, it } from 'vitest';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { maskLogitsGrid, maskLogitsKernel, maskWords } from './mask-logits.kernel.ts';
import { maskLogitsRef } from './mask-logits.ref.ts';
import { ROW_WORDS, type RowSampling, writeSamplingRow } from './sampling-rows.ts';

const GREEDY: RowSampling = {
  temperature: 0,
  topK: 1,
  topP: 1,
  minP: 0,
  seed: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
};

it.each([1, 31, 32, 33, 517, 1024])('masks logits of %i tokens, of masked rows only', async (vocab) => {
  const width = maskWords(vocab);
  const allowed = [new Set([0, vocab - 1]), undefined, new Set<number>(), new Set(Array(vocab).keys())];
  const rows = new Uint32Array(allowed.length * ROW_WORDS);
  const masks = new Uint32Array(allowed.length * width);
  allowed.forEach((ids, row) => {
    writeSamplingRow(rows, row, GREEDY, [], ids !== undefined);
    for (const id of ids ?? []) masks[row * width + (id >> 5)]! |= 1 << (id & 31);
  });
  const logits = noise(vocab, allowed.length * vocab, 8);
  logits[2 * vocab] = Number.NaN;
  logits[2 * vocab + vocab - 1] = Number.NEGATIVE_INFINITY;
  const result = await runKernel({
    kernel: maskLogitsKernel(),
    grid: maskLogitsGrid(vocab, allowed.length),
    params: { vocab },
    buffers: { rows, masks, logits },
  });
  const out = new Float32Array(result['logits']!);
  allowed.forEach((ids, row) => {
    const mine = logits.subarray(row * vocab, (row + 1) * vocab);
    expect(out.subarray(row * vocab, (row + 1) * vocab)).toEqual(ids ? maskLogitsRef(mine, ids) : mine);
  });
});
