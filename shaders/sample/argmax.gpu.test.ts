import { expect, it } from 'vitest';
import { PORTABLE } from '../kernel.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { argmaxPasses } from './argmax.kernel.ts';
import { argmaxRef } from './argmax.ref.ts';

/** All passes, each on the picks of the one before. */
async function argmax(logits: Float32Array, rows: number, vocab: number, software: boolean) {
  let source = new Uint32Array(0);
  for (const { kernel, kind, params, count, grid } of argmaxPasses(vocab, { ...PORTABLE, software })) {
    const input = kind === 'first' ? { logits } : { source };
    const buffers = { ...input, picks: new Uint32Array(rows * count * 4) };
    const result = await runKernel({ kernel, grid: grid(rows), params, buffers });
    source = new Uint32Array(result['picks']!);
  }
  const floats = new Float32Array(source.buffer);
  return Array.from({ length: rows }, (_, row) => ({
    id: source[row * 4]!,
    logit: floats[row * 4 + 1]!,
    broken: source[row * 4 + 2] === 1,
  }));
}

it.each([
  [1, 1, false],
  [4, 255, true],
  [3, 257, false],
  [2, 6144, false],
  [2, 6144, true],
  [1, 262_144, false],
  [1, 262_145, true],
])('%i rows of %i logits, the software shape: %s', async (rows, vocab, software) => {
  // Few distinct values: the first of equals has to win. All below zero: nothing else may.
  const logits = noise(vocab, rows * vocab, 4).map((l) => Math.round(l * 16) / 16 - 9);
  const expected = Array.from({ length: rows }, (_, r) => argmaxRef(logits.subarray(r * vocab, (r + 1) * vocab)));
  expect(await argmax(logits, rows, vocab, software)).toEqual(expected);
});

it.each([NaN, Infinity, -Infinity])('reports %d in the row that has it', async (value) => {
  const vocab = 5000;
  const logits = noise(1, 3 * vocab, 4);
  logits[vocab + 3777] = value;
  const picks = await argmax(logits, 3, vocab, false);
  expect(picks.map((p) => p.broken)).toEqual([false, true, false]);
});
