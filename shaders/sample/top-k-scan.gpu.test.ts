import { expect, it } from 'vitest';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { CANDIDATES, topKPasses } from './top-k.kernel.ts';
import { topKScanRef } from './top-k-scan.ref.ts';

/** All passes for rows of logits, each on the output of the one before. */
async function topK(logits: Float32Array, rows: number, vocab: number, software: boolean) {
  let source = new Uint32Array(0);
  let before = vocab;
  for (const { kernel, kind, params, count, grid } of topKPasses(vocab, { software })) {
    expect(count).toBeLessThan(Math.max(before, CANDIDATES + 1));
    const input = kind === 'scan' ? { logits } : { source };
    const buffers = { ...input, candidates: new Uint32Array(rows * count * 2) };
    const result = await runKernel({ kernel, grid: grid(rows), params, buffers });
    source = new Uint32Array(result['candidates']!);
    before = count;
  }
  return source;
}

it.each([
  [1, 1, false],
  [2, 100, true],
  [3, 128, true],
  [1, 1024, false],
  [2, 1025, true],
  [2, 6144, false],
  [2, 6144, true],
  [1, 151_936, true],
  [1, 262_144, true],
])('finds the best of %i rows of %i logits, the software shape: %s', async (rows, vocab, software) => {
  // Few distinct values: ties have to fall to the smaller id.
  const logits = noise(vocab + rows, rows * vocab, 8).map((l) => Math.round(l * 64) / 64);
  const pairs = await topK(logits, rows, vocab, software);
  const values = new Float32Array(pairs.buffer);
  for (let row = 0; row < rows; row++) {
    const expected = topKScanRef(logits.subarray(row * vocab, (row + 1) * vocab), CANDIDATES);
    const at = row * CANDIDATES * 2;
    const found = expected.map((_, i) => ({ logit: values[at + i * 2], id: pairs[at + i * 2 + 1] }));
    expect(found).toEqual(expected);
    for (let i = expected.length; i < CANDIDATES; i++) expect(pairs[at + i * 2 + 1]).toBe(0xffff_ffff);
  }
});
