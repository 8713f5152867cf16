import { it } from 'vitest';
import { expectClose } from '../testing/expect-close.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { FMA_THREADS, fmaChainKernel } from './fma-chain.kernel.ts';
import { fmaChainRef } from './fma-chain.ref.ts';

it.each([0, 1, 7])('%i rounds', async (rounds) => {
  const threads = 2 * FMA_THREADS;
  const result = await runKernel({
    kernel: fmaChainKernel(),
    grid: [2, 1, 1],
    params: { rounds, factor: 0.75, addend: 1.5 },
    buffers: { chains: new Float32Array(threads) },
  });
  expectClose(new Float32Array(result['chains']!), fmaChainRef(threads, rounds, 0.75, 1.5), 1e-5);
});
