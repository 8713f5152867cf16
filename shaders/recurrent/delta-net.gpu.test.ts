import { describe, expect, it } from 'vitest';
import { batchWords, plainTokens, type TestPart } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { deltaInputsRef } from './delta-inputs.ref.ts';
import { deltaNetGrid, deltaNetKernel } from './delta-net.kernel.ts';
import { deltaNetRef } from './delta-net.ref.ts';

const SLOTS = 3;

interface Shape {
  kHeads: number;
  vHeads: number;
  headDim: number;
  software: boolean;
}

/** Queries, keys, values and gates as a model would give them. */
function tokensOf({ kHeads, vHeads, headDim }: Shape, tokens: number) {
  const qkv = noise(1, tokens * (2 * kHeads + vHeads) * headDim, 2);
  const alpha = noise(2, tokens * vHeads, 4);
  const beta = noise(3, tokens * vHeads, 4);
  const a = noise(4, vHeads).map((v) => -Math.abs(v) / 4);
  const gates = deltaInputsRef({ qkv, alpha, beta, a, dtBias: noise(5, vHeads), kHeads, vHeads, headDim, eps: 1e-6 });
  return { qkv, gates };
}

async function run(
  shape: Shape,
  parts: readonly TestPart[],
  { qkv, gates }: { qkv: Float32Array; gates: Float32Array },
  state: Float32Array,
) {
  const { kHeads, vHeads, headDim } = shape;
  const stride = (2 * kHeads + vHeads) * headDim;
  const tokens = qkv.length / stride;
  const result = await runKernel({
    kernel: deltaNetKernel(shape),
    grid: deltaNetGrid({ ...shape, parts: parts.length }),
    params: { k_heads: kHeads, v_heads: vHeads, stride },
    buffers: {
      batch: batchWords({ tokens: plainTokens(tokens), parts }),
      qkv,
      gates,
      state,
      out: new Float32Array(tokens * vHeads * headDim),
    },
  });
  return { out: new Float32Array(result['out']!), state: new Float32Array(result['state']!) };
}

const part = (firstToken: number, tokens: number, slot: number, starts = false): TestPart => ({
  firstToken,
  tokens,
  slot,
  starts,
});

describe.each([false, true])('delta-net, software %s', (software) => {
  it.each<[string, number, number, number, TestPart[]]>([
    ['one token', 2, 2, 128, [part(0, 1, 1)]],
    ['one token that starts', 1, 1, 128, [part(0, 1, 2, true)]],
    ['several sequences, grouped heads', 2, 6, 128, [part(0, 3, 2), part(3, 1, 0), part(4, 5, 1, true)]],
    ['heads of 64', 2, 4, 64, [part(0, 2, 0), part(2, 2, 1)]],
    ['heads of 48', 1, 2, 48, [part(0, 4, 2)]],
    ['heads of 32', 3, 3, 32, [part(0, 9, 2, true), part(9, 1, 0)]],
    ['heads of 16', 1, 3, 16, [part(0, 3, 1)]],
    ['heads of 256', 1, 1, 256, [part(0, 2, 0)]],
    ['many tokens', 1, 2, 32, [part(0, 150, 1)]],
  ])('%s: %i key heads, %i value heads of %i', async (_, kHeads, vHeads, headDim, parts) => {
    const shape = { kHeads, vHeads, headDim, software };
    const input = tokensOf(shape, parts.at(-1)!.firstToken + parts.at(-1)!.tokens);
    const state = noise(6, SLOTS * vHeads * headDim * headDim, 0.5);
    const result = await run(shape, parts, input, state);
    const expected = deltaNetRef({ ...input, kHeads, vHeads, headDim, parts, state });
    expectClose(result.out, expected, 2e-6);
    expectClose(result.state, state, 2e-6);
  });

  it('gives the same in any chunking, whatever the slot held', async () => {
    const shape = { kHeads: 1, vHeads: 2, headDim: 64, software };
    const input = tokensOf(shape, 7);
    const slice = (from: number, to: number) => ({
      qkv: input.qkv.slice(from * 256, to * 256),
      gates: input.gates.slice(from * 8, to * 8),
    });
    const garbage = new Float32Array(2 * 64 * 64).fill(NaN);
    const whole = await run(shape, [part(0, 7, 0, true)], input, garbage);
    expectClose(
      whole.out,
      deltaNetRef({ ...input, ...shape, parts: [part(0, 7, 0, true)], state: garbage.slice() }),
      2e-6,
    );
    const begin = await run(shape, [part(0, 3, 0, true)], slice(0, 3), garbage);
    const end = await run(shape, [part(0, 4, 0)], slice(3, 7), begin.state);
    expect([...begin.out, ...end.out]).toEqual([...whole.out]);
    expect(end.state).toEqual(whole.state);
  });
});
