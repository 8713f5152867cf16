/**
 * Damaged files that are read all the same, on the GPU: their answers are finite numbers, or the damage is reported.
 *
 * @module
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { Gpu } from '../../engine/gpu/gpu.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { evaluate } from '../../engine/runtime/evaluate.ts';
import { loadModel } from '../../engine/runtime/load-model.ts';
import { writeGguf, type WriterTensor } from '../gguf-writer.ts';
import { quantize } from '../quantize.ts';
import { baseFiles } from './base-files.ts';
import { type Base, judge, makeCase, memorySource, prepare } from './fuzz-case.ts';

const SEED = 20_261_121;
/** Of one architecture: pipelines take long to compile on a CPU. */
const ACCEPTED = 24;
/** The largest float. */
const LARGEST = [0xff, 0xff, 0x7f, 0x7f];
const IDS = [40, 70, 3, 70, 261, 12, 0];

let gpu: Gpu;
let base: Base;
let gemma: Base;
beforeAll(async () => {
  gpu = await Gpu.open(await openDawn());
  const files = await baseFiles();
  base = await prepare(files[0]!);
  gemma = await prepare(files.find(({ name }) => name === 'gemma2')!);
});
afterAll(() => gpu.device.destroy());

/** The most likely tokens' log-probabilities after some tokens, and those of two greedy steps. */
async function answer(bytes: Uint8Array<ArrayBuffer>): Promise<number[]> {
  const model = await loadModel(gpu, memorySource(bytes));
  try {
    const ids = IDS.slice(0, Math.max(1, model.contextTokens - 2));
    const { top, greedy } = await evaluate(model, ids, { top: 5, greedy: model.contextTokens > 2 ? 2 : 0 });
    return [...top, ...greedy].map(({ logprob }) => logprob);
  } finally {
    model.release();
  }
}

/** Whether a model answered with numbers, or its damage was reported; anything else in words. */
async function outcomeOf(bytes: Uint8Array<ArrayBuffer>): Promise<'numbers' | 'reported' | (string & {})> {
  try {
    const logprobs = await answer(bytes);
    return logprobs.every((logprob) => logprob <= 0 && logprob > -Infinity) ? 'numbers' : logprobs.join();
  } catch (error) {
    const reported = error instanceof LocalLLMError && error.message.includes('NaN or infinity');
    return reported ? 'reported' : String(error);
  }
}

test(`${ACCEPTED} damaged files that load`, async () => {
  const outcomes = new Map<string, string>();
  for (let number = 0; outcomes.size < ACCEPTED; number++) {
    const { bytes } = makeCase([base], SEED, number);
    if ((await judge(bytes)).length === 0) outcomes.set(`seed ${SEED}, case ${number}`, await outcomeOf(bytes));
  }
  const odd = [...outcomes].filter(([, outcome]) => outcome !== 'numbers' && outcome !== 'reported');
  expect(odd).toEqual([]);
  expect([...outcomes.values()].filter((outcome) => outcome === 'numbers').length).toBeGreaterThan(ACCEPTED / 2);
});

describe('weights that are no numbers are refused', () => {
  const F32 = { NaN: [0, 0, 0xc0, 0x7f], Infinity: [0, 0, 0x80, 0x7f], '-Infinity': [0, 0, 0x80, 0xff] };
  const F16 = { NaN: [0, 0x7e], Infinity: [0, 0x7c], '-Infinity': [0, 0xfc] };
  test.each([
    ...Object.entries(F32).flatMap(([name, bytes]) => [
      ['F32', 'output_norm.weight', name, bytes] as const,
      ['F32', 'blk.0.attn_k.weight', name, bytes] as const,
    ]),
    ...Object.entries(F16).flatMap(([name, bytes]) => [
      ['F16', 'token_embd.weight', name, bytes] as const,
      ['F16', 'blk.0.ffn_gate.weight', name, bytes] as const,
      // The first two bytes of a block are its scale.
      ['Q8_0', 'blk.0.attn_v.weight', name, bytes] as const,
      ['Q8_0', 'output.weight', name, bytes] as const,
    ]),
  ] as const)('%s %s: %s', async (type, name, _, bytes) => {
    const tensors = base.draft.tensors.map((tensor) =>
      tensor.name === name ? withBytes(tensor, type, bytes) : tensor,
    );
    await expect(answer(writeGguf({ ...base.draft, tensors }))).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringMatching(new RegExp(`Tensor ${name} \\(${type}\\) holds NaN or infinity in row 0;`)),
    });
  });
});

describe('weights whose products are no numbers are reported', () => {
  // Gemma 2 caps scores and logits.
  test.each([
    ['llama', 'blk.0.attn_q'],
    ['llama', 'blk.0.attn_k'],
    ['llama', 'blk.0.attn_v'],
    ['llama', 'blk.0.ffn_up'],
    ['gemma2', 'blk.0.attn_q'],
    ['gemma2', 'blk.0.ffn_up'],
  ])('%s: %s', async (architecture, name) => {
    const { draft } = architecture === 'llama' ? base : gemma;
    const tensors = draft.tensors.map((tensor) =>
      tensor.name === `${name}.weight` ? withBytes(tensor, 'F32', LARGEST) : tensor,
    );
    await expect(answer(writeGguf({ ...draft, tensors }))).rejects.toMatchObject({
      code: 'numerics',
      message: expect.stringContaining('NaN or infinity'),
    });
  });
});

/** The tensor in that type, these bytes at the beginning of each row; the other weights are large. */
function withBytes(tensor: WriterTensor, type: 'F32' | 'F16' | 'Q8_0', bytes: readonly number[]): WriterTensor {
  const [cols, rows = 1] = tensor.shape.map(Number) as [number, number?];
  const data = quantize(
    type,
    Float32Array.from({ length: cols * rows }, (_, i) => 4 * Math.sin(i)),
  );
  for (let row = 0; row < rows; row++) data.set(bytes, (row * data.length) / rows);
  return { ...tensor, type, data };
}
