import { expect, it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { addNormedKernel } from './add-normed.kernel.ts';
import { addNormedRef } from './add-normed.ref.ts';
import { normGrid } from './rms-norm.kernel.ts';

it.each([
  [1, 4],
  [3, 576],
  [2, 2048],
])('add-normed: %i tokens of width %i, and nothing beyond them', async (tokens, width) => {
  const eps = 1e-5;
  const [x, r, weight] = [noise(1, (tokens + 1) * width, 2), noise(2, (tokens + 1) * width), noise(3, width)];
  const result = await runKernel({
    kernel: addNormedKernel({ width }),
    grid: normGrid(tokens + 1),
    params: { eps },
    buffers: { batch: batchWords({ tokens: plainTokens(tokens) }), x, r, weight },
  });
  const sums = new Float32Array(result['x']!);
  const used = tokens * width;
  expectClose(sums.subarray(0, used), addNormedRef(x.subarray(0, used), r.subarray(0, used), weight, eps), 2e-6);
  expect(sums.subarray(used)).toEqual(x.subarray(used));
});
