import { expect, it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { normQkGrid, normQkKernel } from './norm-qk.kernel.ts';
import { normQkRef } from './norm-qk.ref.ts';

it.each([
  { tokens: 1, qWidth: 64, kWidth: 64, stride: 192 },
  { tokens: 3, qWidth: 320, kWidth: 80, stride: 480 },
  { tokens: 2, qWidth: 2048, kWidth: 4, stride: 2056 },
])('norm-qk: $tokens tokens of $qWidth and $kWidth in $stride', async ({ tokens, qWidth, kWidth, stride }) => {
  const eps = 1e-5;
  const qkv = noise(1, (tokens + 1) * stride, 2);
  const weight = noise(2, qWidth + kWidth);
  const result = await runKernel({
    kernel: normQkKernel({ qWidth }),
    grid: normQkGrid(tokens + 1), // one token too many: it must stay as it is
    params: { q_width: qWidth, k_width: kWidth, stride, eps },
    buffers: { batch: batchWords({ tokens: plainTokens(tokens) }), qkv, weight },
  });
  const out = new Float32Array(result['qkv']!);
  const used = tokens * stride;
  expectClose(out.subarray(0, used), normQkRef(qkv.subarray(0, used), weight, { qWidth, kWidth, stride, eps }), 2e-6);
  expect(out.subarray(used)).toEqual(qkv.subarray(used));
});
