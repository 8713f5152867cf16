import { expect, it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { adjustLogitsGrid, adjustLogitsKernel } from './adjust-logits.kernel.ts';
import { adjustLogitsRef, type LogitAdjustment } from './adjust-logits.ref.ts';

it.each([0, 1, 63, 64, 200])('adjusts %i logits and leaves the others', async (count) => {
  const vocab = 517;
  const rows = 3;
  const logits = noise(count, rows * vocab, 8);
  const adjustments: LogitAdjustment[] = Array.from({ length: count }, (_, i) => ({
    row: i % rows,
    id: (i * 7) % vocab,
    repetition: 1 + (i % 5) / 4,
    subtract: (i % 9) - 4,
  }));
  const capacity = 210;
  const words = new Uint32Array((capacity + 1) * 4);
  const floats = new Float32Array(words.buffer);
  words[0] = count;
  adjustments.forEach(({ row, id, repetition, subtract }, i) => {
    words.set([row, id], (i + 1) * 4);
    floats.set([repetition, subtract], (i + 1) * 4 + 2);
  });
  const result = await runKernel({
    kernel: adjustLogitsKernel(),
    grid: adjustLogitsGrid(capacity),
    params: { vocab },
    buffers: { entries: words, logits },
  });
  const adjusted = new Float32Array(result['logits']!);
  expectClose(adjusted, adjustLogitsRef(logits, vocab, adjustments), 1e-6);
  expect(adjusted.every((l, i) => l === logits[i])).toBe(count === 0);
});
