/**
 * Runs a shape of the gated delta rule and compares it with the oracle.
 *
 * @module
 */
import { deltaInputsRef } from '../recurrent/delta-inputs.ref.ts';
import type { DeltaRule } from '../recurrent/delta-net.kernel.ts';
import type { DeltaNetInput } from '../recurrent/delta-net.ref.ts';
import { batchWords, plainTokens, type TestPart } from './batch-words.ts';
import { expectClose } from './expect-close.ts';
import { noise } from './noise.ts';
import { runKernel } from './run-kernel.ts';

const SLOTS = 3;
const TOLERANCE = 2e-6;

export interface DeltaRuleShape {
  kHeads: number;
  vHeads: number;
  headDim: number;
}

interface Tokens {
  qkv: Float32Array;
  gates: Float32Array;
}

interface Result {
  out: Float32Array;
  state: Float32Array;
}

/** Queries, keys, values and gates as a model would give them. */
function randomTokens({ kHeads, vHeads, headDim }: DeltaRuleShape, tokens: number): Tokens {
  const qkv = noise(1, tokens * (2 * kHeads + vHeads) * headDim, 2);
  const alpha = noise(2, tokens * vHeads, 4);
  const beta = noise(3, tokens * vHeads, 4);
  const a = noise(4, vHeads).map((v) => -Math.abs(v) / 4);
  const gates = deltaInputsRef({ qkv, alpha, beta, a, dtBias: noise(5, vHeads), kHeads, vHeads, headDim, eps: 1e-6 });
  return { qkv, gates };
}

async function run(
  { kernel, grid }: DeltaRule,
  { kHeads, vHeads, headDim }: DeltaRuleShape,
  parts: readonly TestPart[],
  { qkv, gates }: Tokens,
  state: Float32Array,
): Promise<Result> {
  const stride = (2 * kHeads + vHeads) * headDim;
  const tokens = qkv.length / stride;
  const batch = batchWords({ tokens: plainTokens(tokens), parts });
  const result = await runKernel({
    kernel,
    grid: grid(vHeads, parts.length),
    params: { k_heads: kHeads, v_heads: vHeads, head_dim: headDim, stride },
    buffers: { batch, qkv, gates, state, out: new Float32Array(tokens * vHeads * headDim) },
  });
  return { out: new Float32Array(result['out']!), state: new Float32Array(result['state']!) };
}

/** Parts of `[tokens, state slot, starts]`, one after another. */
export function testParts(...parts: readonly [tokens: number, slot: number, starts: boolean][]): TestPart[] {
  let next = 0;
  return parts.map(([tokens, slot, starts]) => {
    const firstToken = next;
    next += tokens;
    return { firstToken, tokens, slot, starts };
  });
}

export type DeltaNetRef = (input: DeltaNetInput) => Float32Array;

/** Outputs and states of one batch, beside the oracle's. */
export async function expectDeltaRule(
  rule: DeltaRule,
  shape: DeltaRuleShape,
  parts: TestPart[],
  ref: DeltaNetRef,
): Promise<void> {
  const { vHeads, headDim } = shape;
  const tokens = randomTokens(
    shape,
    parts.reduce((sum, p) => sum + p.tokens, 0),
  );
  const state = noise(6, SLOTS * vHeads * headDim * headDim, 0.5);
  const result = await run(rule, shape, parts, tokens, state);
  const expected = ref({ ...tokens, ...shape, parts, state });
  expectClose(result.out, expected, TOLERANCE);
  expectClose(result.state, state, TOLERANCE);
}

/** A sequence that starts in a slot full of NaN: at once, and in two batches, must give the same bits. */
export async function expectChunksAgree(
  rule: DeltaRule,
  shape: DeltaRuleShape,
  first: number,
  rest: number,
): Promise<void> {
  const { kHeads, vHeads, headDim } = shape;
  const { qkv, gates } = randomTokens(shape, first + rest);
  const qkvSplit = first * (2 * kHeads + vHeads) * headDim;
  const gatesSplit = first * vHeads * 4;
  const used = new Float32Array(vHeads * headDim * headDim).fill(NaN);
  const whole = await run(rule, shape, testParts([first + rest, 0, true]), { qkv, gates }, used);
  const head = { qkv: qkv.slice(0, qkvSplit), gates: gates.slice(0, gatesSplit) };
  const begin = await run(rule, shape, testParts([first, 0, true]), head, used);
  const tail = { qkv: qkv.slice(qkvSplit), gates: gates.slice(gatesSplit) };
  const end = await run(rule, shape, testParts([rest, 0, false]), tail, begin.state);
  expectClose([...begin.out, ...end.out], whole.out, 0);
  expectClose(end.state, whole.state, 0);
}
