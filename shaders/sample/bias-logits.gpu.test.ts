import { expect, it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { BIAS_WORDS, biasLogitsGrid, biasLogitsKernel } from './bias-logits.kernel.ts';
import { biasLogitsRef, type LogitBias } from './bias-logits.ref.ts';

it.each([0, 1, 63, 64, 200])('biases %i logits and leaves the others', async (count) => {
  const vocab = 517;
  const rows = 3;
  const logits = noise(count, rows * vocab, 8);
  const biases: LogitBias[] = Array.from({ length: count }, (_, i) => ({
    row: i % rows,
    id: (i * 7) % vocab,
    bias: (i % 9) - 4.5,
  }));
  const capacity = 210;
  const words = new Uint32Array((capacity + 1) * BIAS_WORDS);
  const floats = new Float32Array(words.buffer);
  words[0] = count;
  biases.forEach(({ row, id, bias }, i) => {
    words.set([row, id], (i + 1) * BIAS_WORDS);
    floats[(i + 1) * BIAS_WORDS + 2] = bias;
  });
  const result = await runKernel({
    kernel: biasLogitsKernel(),
    grid: biasLogitsGrid(capacity),
    params: { vocab },
    buffers: { entries: words, logits },
  });
  const biased = new Float32Array(result['logits']!);
  expectClose(biased, biasLogitsRef(logits, vocab, biases), 1e-6);
  expect(biased.every((l, i) => l === logits[i])).toBe(count === 0);
});
