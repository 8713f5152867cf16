import { expect, it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { capLogitsGrid, capLogitsKernel } from './cap-logits.kernel.ts';
import { capLogitsRef } from './cap-logits.ref.ts';

it.each([
  { scale: 1, cap: 30, size: 100 },
  { scale: 0.125, cap: 0, size: 10 },
  { scale: 2, cap: 5, size: 1e6 },
])('cap-logits: times $scale into ± $cap, logits up to $size', async ({ scale, cap, size }) => {
  const vocab = 131;
  const logits = noise(1, 3 * vocab, size);
  const result = await runKernel({
    kernel: capLogitsKernel(),
    grid: capLogitsGrid(vocab, 3), // one row too many: it must stay as it is
    params: { vocab, scale, cap },
    buffers: { batch: batchWords({ tokens: plainTokens(2), outputs: [0, 1] }), logits },
  });
  const out = new Float32Array(result['logits']!);
  const used = 2 * vocab;
  expectClose(out.subarray(0, used), capLogitsRef(logits.subarray(0, used), scale, cap), 1e-5);
  expect(out.subarray(used)).toEqual(logits.subarray(used));
});
