import { describe, expect, it } from 'vitest';
import { batchWords, plainTokens } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { addRmsNormKernel } from './add-rms-norm.kernel.ts';
import { addRmsNormRef } from './add-rms-norm.ref.ts';
import { normGrid } from './rms-norm.kernel.ts';

const eps = 1e-6;

describe('add-rms-norm', () => {
  it.each([
    [1, 4],
    [3, 64],
    [5, 260],
    [2, 2048],
    [9, 576],
  ])('%i tokens of width %i', async (tokens, width) => {
    const [x, r, weight] = [noise(1, tokens * width, 2), noise(2, tokens * width), noise(3, width)];
    const result = await runKernel({
      kernel: addRmsNormKernel({ width, rows: 'tokens', branch: 'scaled' }),
      grid: normGrid(tokens),
      params: { eps, branch_scale: 1 },
      buffers: { batch: batchWords({ tokens: plainTokens(tokens) }), x, r, weight, h: new Float32Array(x.length) },
    });
    const expected = addRmsNormRef(
      x,
      r,
      weight,
      eps,
      plainTokens(tokens).map((t) => t.position),
    );
    expect(new Float32Array(result['x']!)).toEqual(expected.x);
    expectClose(new Float32Array(result['h']!), expected.h, 2e-6);
  });

  it.each([
    [[4], 5, 64],
    [[0, 3, 2], 6, 1280],
    [[], 2, 64],
  ])('outputs %j of %i tokens, width %i', async (outputs, tokens, width) => {
    const [x, r, weight] = [noise(1, tokens * width, 2), noise(2, tokens * width), noise(3, width)];
    const result = await runKernel({
      kernel: addRmsNormKernel({ width, rows: 'outputs', branch: 'scaled' }),
      grid: normGrid(outputs.length + 1), // one row too many: it must write nothing
      params: { eps, branch_scale: 1 },
      buffers: {
        batch: batchWords({ tokens: plainTokens(tokens), outputs }),
        x,
        r,
        weight,
        h: new Float32Array(x.length),
      },
    });
    const expected = addRmsNormRef(x, r, weight, eps, outputs);
    const h = new Float32Array(result['h']!);
    expect(new Float32Array(result['x']!)).toEqual(expected.x);
    expectClose(h.subarray(0, outputs.length * width), expected.h, 2e-6);
    expect(h.subarray(outputs.length * width).every((v) => v === 0)).toBe(true);
  });

  it.each([
    ['a factor', 0.22],
    ['its own norm', noise(4, 576)],
  ])('the branch with %s', async (_, branch) => {
    const [tokens, width] = [3, 576];
    const outputs = [2, 0];
    const [x, r, weight] = [noise(1, tokens * width, 2), noise(2, tokens * width), noise(3, width)];
    const scale = typeof branch === 'number' ? branch : 1;
    const result = await runKernel({
      kernel: addRmsNormKernel({ width, rows: 'outputs', branch: typeof branch === 'number' ? 'scaled' : 'normed' }),
      grid: normGrid(outputs.length),
      params: { eps, branch_scale: scale },
      buffers: {
        batch: batchWords({ tokens: plainTokens(tokens), outputs }),
        x,
        r,
        weight,
        h: new Float32Array(outputs.length * width),
        ...(typeof branch === 'number' ? {} : { branch_weight: branch }),
      },
    });
    const expected = addRmsNormRef(x, r, weight, eps, outputs, branch);
    expectClose(new Float32Array(result['x']!), expected.x, 2e-6);
    expectClose(new Float32Array(result['h']!), expected.h, 4e-6);
  });
});
