import { it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { softmaxSumsGrid, softmaxSumsKernel } from './softmax-sums.kernel.ts';
import { softmaxSumsRef } from './softmax-sums.ref.ts';

it.each([
  [1, 1, 5],
  [3, 255, 9],
  [2, 6144, 30],
  [5, 1000, 400],
  [1, 151_936, 12],
])('%i rows of %i logits within ±%i', async (rows, vocab, scale) => {
  const logits = noise(vocab, rows * vocab, scale);
  const inverseTemperatures = Float32Array.from({ length: rows }, (_, i) => 1 / (0.3 + 0.4 * i));
  const result = await runKernel({
    kernel: softmaxSumsKernel(),
    grid: softmaxSumsGrid(rows),
    params: { vocab },
    buffers: { logits, inverse_temperatures: inverseTemperatures, sums: new Float32Array(rows * 4) },
  });
  expectClose(new Float32Array(result['sums']!), softmaxSumsRef(logits, vocab, inverseTemperatures), 2e-5);
});
