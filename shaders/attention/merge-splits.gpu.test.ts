import { it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { mergeSplitsGrid, mergeSplitsKernel } from './merge-splits.kernel.ts';
import { mergeSplitsRef } from './merge-splits.ref.ts';

it.each([
  [64, 1, 3, 1],
  [64, 2, 4, 70],
  [80, 1, 2, 13],
  [256, 3, 2, 9],
])('head %i: %i tokens of %i heads in %i splits', async (headDim, tokens, heads, most) => {
  const rows = tokens * heads;
  const stride = headDim + 4;
  const partials = noise(1, most * rows * stride, 3);
  for (let i = 0; i < most * rows; i++) {
    // Sums of weights are positive; each row has its own number of splits, and what the others hold must not matter.
    partials[i * stride + headDim + 1] = Math.abs(partials[i * stride + headDim + 1]!) + 0.1;
    partials[i * stride + headDim + 2] = Math.max(1, most - ((i % rows) % 3));
  }
  const result = await runKernel({
    kernel: mergeSplitsKernel({ headDim }),
    grid: mergeSplitsGrid({ tokens, heads }),
    params: { heads },
    buffers: { batch: batchWords({ tokens: plainTokens(tokens) }), partials, out: new Float32Array(rows * headDim) },
  });
  expectClose(new Float32Array(result['out']!), mergeSplitsRef(partials, rows, headDim), 2e-6);
});
