import { describe, expect, it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { normGrid, rmsNormKernel } from './rms-norm.kernel.ts';
import { rmsNormRef } from './rms-norm.ref.ts';

describe('rms-norm', () => {
  it.each([
    [1, 4],
    [3, 64],
    [5, 260],
    [2, 2048],
    [1, 8192],
    [17, 576],
  ])('%i tokens of width %i', async (tokens, width) => {
    const x = noise(width, tokens * width, 3);
    const weight = noise(7, width);
    const eps = 1e-5;
    const result = await runKernel({
      kernel: rmsNormKernel({ width }),
      grid: normGrid(tokens),
      params: { eps },
      buffers: { batch: batchWords({ tokens: plainTokens(tokens) }), x, weight, h: new Float32Array(x.length) },
    });
    expectClose(new Float32Array(result['h']!), rmsNormRef(x, weight, eps), 2e-6);
  });

  it('keeps eps under small values and writes nothing beyond the tokens', async () => {
    const width = 64;
    const x = noise(1, 4 * width, 1e-4);
    const weight = noise(2, width);
    const result = await runKernel({
      kernel: rmsNormKernel({ width }),
      grid: normGrid(4),
      params: { eps: 1e-2 },
      buffers: { batch: batchWords({ tokens: plainTokens(3) }), x, weight, h: new Float32Array(x.length).fill(9) },
    });
    const h = new Float32Array(result['h']!);
    expectClose(h.subarray(0, 3 * width), rmsNormRef(x.subarray(0, 3 * width), weight, 1e-2), 1e-8);
    expect([...h.subarray(3 * width)]).toEqual(Array(width).fill(9));
  });
});
