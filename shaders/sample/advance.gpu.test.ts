import { expect, it } from 'vitest';
import { PAGE } from '../attention/kv-layout.ts';
import { batchWords } from '../testing/batch-words.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { advanceGrid, advanceKernel } from './advance.kernel.ts';
import { advanceRef, type DecodeBatch } from './advance.ref.ts';
import { HISTORY, ROW_WORDS, writeSamplingRow } from './sampling-rows.ts';

const SAMPLING = {
  temperature: 0,
  topK: 40,
  topP: 1,
  minP: 0,
  seed: 1,
  repetitionPenalty: 1.1,
  presencePenalty: 0,
  frequencyPenalty: 0,
};

it('moves every sequence on, over pages and past stops, and remembers its tokens', async () => {
  const positions = [0, PAGE - 1, PAGE, 3 * PAGE - 1, 70];
  const count = positions.length;
  const histories = positions.map((length) => Array.from({ length }, (_, i) => i + 1));
  let now: DecodeBatch = {
    tokens: positions.map((position, i) => ({ id: 5 + i, position, slot: 9 })),
    pages: positions.map((_, i) => [10 + i, 20 + i, 30 + i, 40 + i]),
    parts: positions.map((position, i) => ({ firstToken: i, tokens: 1, slot: i, starts: position === 0 })),
  };
  const outputs = positions.map((_, i) => i);
  let batch = batchWords({ ...now, outputs });
  let rows = new Uint32Array(count * ROW_WORDS);
  histories.forEach((history, i) => writeSamplingRow(rows, i, SAMPLING, history));
  const stops = [100, 7];
  for (const picks of [
    [50, 51, 52, 53, 54],
    [60, 100, 62, 63, 64],
    [70, 71, 72, 7, 74],
  ]) {
    const result = await runKernel({
      kernel: advanceKernel(),
      grid: advanceGrid(count),
      params: {},
      buffers: {
        batch,
        rows,
        picks: Uint32Array.from(picks.flatMap((id) => [id, 0, 0, 0])),
        stops: Uint32Array.of(stops.length, ...stops),
      },
    });
    const before = now.parts;
    now = advanceRef(now, picks, stops);
    picks.forEach((id, i) => before[i]!.tokens > 0 && histories[i]!.push(id));
    batch = new Uint32Array(result['batch']!);
    rows = new Uint32Array(result['rows']!);
    const ended = now.parts.map((part) => part.tokens === 0);
    const expected = batchWords({ ...now, outputs });
    ended.forEach((is, i) => {
      const token = expected[4]! + i * 3;
      // A sequence that has ended keeps its token; what that was is of no matter.
      const of = (words: Uint32Array) => (is ? [] : [...words.subarray(token, token + 3)]);
      expect(of(batch)).toEqual(of(expected));
      const part = expected[9]! + i * 4;
      expect([...batch.subarray(part, part + 4)]).toEqual([...expected.subarray(part, part + 4)]);
      const kept = [...rows.subarray(i * ROW_WORDS + 16, i * ROW_WORDS + 16 + Math.min(HISTORY, histories[i]!.length))];
      expect(kept.sort((a, b) => a - b)).toEqual(histories[i]!.slice(-HISTORY).sort((a, b) => a - b));
    });
  }
});
