import { describe, expect, it } from 'vitest';
import { batchWords, plainTokens, type TestPart } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { causalConvGrid, causalConvKernel } from './causal-conv.kernel.ts';
import { causalConvRef } from './causal-conv.ref.ts';

interface Case {
  taps: number;
  channels: number;
  offset: number;
  stride: number;
}

async function run(shape: Case, parts: readonly TestPart[], x: Float32Array, state: Float32Array) {
  const { taps, channels, offset, stride } = shape;
  const tokens = x.length / stride;
  const weight = noise(3, channels * taps);
  const result = await runKernel({
    kernel: causalConvKernel({ taps }),
    grid: causalConvGrid({ channels, parts: parts.length, tokens }),
    params: { channels, x_offset: offset, x_stride: stride },
    buffers: {
      batch: batchWords({ tokens: plainTokens(tokens), parts }),
      x,
      weight,
      state,
      y: new Float32Array(tokens * channels),
    },
  });
  return { weight, y: new Float32Array(result['y']!), state: new Float32Array(result['state']!) };
}

const part = (firstToken: number, tokens: number, slot: number, starts = false): TestPart => ({
  firstToken,
  tokens,
  slot,
  starts,
});

describe('causal-conv', () => {
  it.each<[string, Case, number, TestPart[]]>([
    ['one token', { taps: 4, channels: 96, offset: 0, stride: 96 }, 1, [part(0, 1, 0)]],
    ['one token that starts', { taps: 4, channels: 96, offset: 0, stride: 96 }, 1, [part(0, 1, 1, true)]],
    [
      'several sequences, a slice, parts shorter than the history',
      { taps: 4, channels: 130, offset: 6, stride: 150 },
      12,
      [part(0, 2, 3), part(2, 7, 0, true), part(9, 1, 1), part(10, 2, 4, true)],
    ],
    ['more tokens than a chunk', { taps: 4, channels: 64, offset: 4, stride: 72 }, 71, [part(0, 5, 1), part(5, 66, 2)]],
    ['two taps', { taps: 2, channels: 20, offset: 1, stride: 23 }, 5, [part(0, 3, 0), part(3, 2, 1, true)]],
  ])('%s', async (_, shape, tokens, parts) => {
    const { taps, channels, offset, stride } = shape;
    const x = noise(1, tokens * stride, 2);
    const state = noise(2, 5 * (taps - 1) * channels, 2);
    const result = await run(shape, parts, x, state);
    const expected = causalConvRef({ x, offset, stride, weight: result.weight, channels, parts, state });
    expectClose(result.y, expected, 2e-6);
    expect(result.state).toEqual(state); // inputs are copied, not computed
  });

  it('gives the same in any chunking', async () => {
    const shape = { taps: 4, channels: 64, offset: 0, stride: 64 };
    const x = noise(1, 7 * 64, 2);
    const garbage = new Float32Array(3 * 64).fill(NaN);
    const whole = await run(shape, [part(0, 7, 0, true)], x, garbage);
    for (const first of [1, 3]) {
      const begin = await run(shape, [part(0, first, 0, true)], x.slice(0, first * 64), garbage);
      const end = await run(shape, [part(0, 7 - first, 0)], x.slice(first * 64), begin.state);
      expect([...begin.y, ...end.y]).toEqual([...whole.y]);
      expect(end.state).toEqual(whole.state);
    }
  });
});
