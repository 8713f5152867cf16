import { expect, it } from 'vitest';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { streamReadKernel, streamReadShape } from './stream-read.kernel.ts';
import { streamReadRef } from './stream-read.ref.ts';

it.each([
  [1, 1],
  [3, 1],
  [2, 5],
])('%i workgroups in %i rounds: every word counts', async (workgroups, rounds) => {
  const threads = workgroups * 256;
  const x = new Uint32Array(noise(rounds, rounds * 4 * threads * 4).buffer);
  const result = await runKernel({
    kernel: streamReadKernel(),
    grid: [workgroups, 1, 1],
    params: { rounds, keep: 1 },
    buffers: { x, folds: new Uint32Array(threads) },
  });
  expect(new Uint32Array(result['folds']!)).toEqual(streamReadRef(x, threads));
});

it.each([16_384, 100_000, 1_000_000_000])('of %i bytes it reads nearly all and no more', (wanted) => {
  const { grid, rounds, threads, bytes } = streamReadShape(wanted);
  expect(bytes).toBe(rounds * threads * 64);
  expect(threads).toBe(grid[0] * 256);
  expect(bytes).toBeLessThanOrEqual(wanted);
  expect(bytes).toBeGreaterThan(0.85 * Math.min(wanted, bytes + 16_384));
});
