import { expect, it } from 'vitest';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { CANDIDATES } from './top-k.kernel.ts';
import { topKMergeKernel } from './top-k-merge.kernel.ts';
import { topKMergeRef } from './top-k-merge.ref.ts';

it.each([256, 1024, 2048 + 384])('keeps the best of each chunk of %i candidates', async (count) => {
  const chunks = Math.ceil(count / 1024);
  const candidates = Array.from(noise(count, count, 5), (l, i) => ({
    logit: Math.round(l * 8) / 8,
    id: (i * 31) % 9973,
  }));
  const source = new Uint32Array(count * 2);
  const values = new Float32Array(source.buffer);
  candidates.forEach(({ logit, id }, i) => {
    values[i * 2] = logit;
    source[i * 2 + 1] = id;
  });
  const result = await runKernel({
    kernel: topKMergeKernel(),
    grid: [chunks, 1, 1],
    params: { count },
    buffers: { source, candidates: new Uint32Array(chunks * CANDIDATES * 2) },
  });
  const pairs = new Uint32Array(result['candidates']!);
  const logits = new Float32Array(pairs.buffer);
  const expected = topKMergeRef(candidates, 1024, CANDIDATES);
  expect(expected.map((_, i) => ({ logit: logits[i * 2], id: pairs[i * 2 + 1] }))).toEqual(expected);
});
