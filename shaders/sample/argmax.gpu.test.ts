import { expect, it } from 'vitest';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { argmaxGrid, argmaxKernel } from './argmax.kernel.ts';
import { argmaxRef } from './argmax.ref.ts';

async function argmax(logits: Float32Array, rows: number, vocab: number) {
  const result = await runKernel({
    kernel: argmaxKernel(),
    grid: argmaxGrid(rows),
    params: { vocab },
    buffers: { logits, picks: new Uint32Array(rows * 4) },
  });
  const words = new Uint32Array(result['picks']!);
  const floats = new Float32Array(words.buffer);
  return Array.from({ length: rows }, (_, row) => ({
    id: words[row * 4]!,
    logit: floats[row * 4 + 1]!,
    broken: words[row * 4 + 2] === 1,
  }));
}

it.each([
  [1, 1],
  [4, 255],
  [3, 257],
  [2, 6144],
  [1, 262_144],
])('%i rows of %i logits', async (rows, vocab) => {
  // Few distinct values: the first of equals has to win. All below zero: nothing else may.
  const logits = noise(vocab, rows * vocab, 4).map((l) => Math.round(l * 16) / 16 - 9);
  const expected = Array.from({ length: rows }, (_, r) => argmaxRef(logits.subarray(r * vocab, (r + 1) * vocab)));
  expect(await argmax(logits, rows, vocab)).toEqual(expected);
});

it.each([NaN, Infinity, -Infinity])('reports %d in the row that has it', async (value) => {
  const vocab = 1000;
  const logits = noise(1, 3 * vocab, 4);
  logits[vocab + 777] = value;
  const picks = await argmax(logits, 3, vocab);
  expect(picks.map((p) => p.broken)).toEqual([false, true, false]);
});
