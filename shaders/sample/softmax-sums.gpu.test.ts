import { it } from 'vitest';
import { PORTABLE } from '../kernel.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { softmaxSumsPasses } from './softmax-sums.kernel.ts';
import { softmaxSumsRef } from './softmax-sums.ref.ts';

it.each([
  [1, 1, 5, false],
  [3, 255, 9, true],
  [2, 6144, 30, false],
  [5, 1000, 400, true],
  [1, 151_936, 12, false],
  [1, 151_936, 12, true],
])('%i rows of %i logits within ±%i, the software shape: %s', async (rows, vocab, scale, software) => {
  const logits = noise(vocab, rows * vocab, scale);
  const inverseTemperatures = Float32Array.from({ length: rows }, (_, i) => 1 / (0.3 + 0.4 * i));
  let source = new Float32Array(0);
  for (const { kernel, kind, params, count, grid } of softmaxSumsPasses(vocab, { ...PORTABLE, software })) {
    const input = kind === 'first' ? { logits } : { source };
    const sums = new Float32Array(rows * count * 4);
    const buffers = { ...input, inverse_temperatures: inverseTemperatures, sums };
    const result = await runKernel({ kernel, grid: grid(rows), params, buffers });
    source = new Float32Array(result['sums']!);
  }
  expectClose(source, softmaxSumsRef(logits, vocab, inverseTemperatures), 2e-5);
});
