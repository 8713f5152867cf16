import { expect, it } from 'vitest';
import { runKernel } from '../testing/run-kernel.ts';
import { INCREMENT_THREADS, incrementKernel } from './increment.kernel.ts';
import { incrementRef } from './increment.ref.ts';

it('counts', async () => {
  const counts = Uint32Array.from({ length: 2 * INCREMENT_THREADS }, (_, i) => i * i);
  const result = await runKernel({ kernel: incrementKernel(), grid: [2, 1, 1], buffers: { counts } });
  expect(new Uint32Array(result['counts']!)).toEqual(incrementRef(counts));
});
