// LoRA adapters against llama.cpp: attached, several at once, at other scales, detached.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { adapterSource } from '../../engine/cli/adapters.ts';
import { evaluate } from '../../engine/runtime/evaluate.ts';
import type { AdapterSource } from '../../engine/runtime/engine.ts';
import type { LoadedModel } from '../../engine/runtime/load-model.ts';
import { distance, expectSameGreedy, spread } from './compare.ts';
import { openModel } from './load-engine.ts';
import { POCKET, STORED_PROMPTS } from './pocket.ts';
import { randomAdapter } from './random-adapter.ts';
import { RANDOM_ARCHITECTURES } from './random-architectures.ts';
import { randomModel } from './random-model.ts';
import { type AttachedAdapter, Reference } from './reference.ts';
import { floatTwin } from './twin.ts';

/** Of a log-probability, as without adapters. */
const TOLERANCE = 0.002;
const GREEDY = 4;

const sources = (adapters: readonly AttachedAdapter[]): AdapterSource[] =>
  adapters.map(({ filePath, scale }) => adapterSource(filePath, scale));

/** As llama.cpp takes them: with factors in fewer bits it rounds activations to as few. */
const exact = (adapters: readonly AttachedAdapter[]): Promise<AttachedAdapter[]> =>
  Promise.all(adapters.map(async ({ filePath, scale }) => ({ filePath: await floatTwin(filePath, 'F32'), scale })));

async function adapt(model: LoadedModel, adapters: readonly AttachedAdapter[]): Promise<void> {
  (await model.adapt(sources(adapters))).use();
}

async function logits(model: LoadedModel, ids: readonly number[]): Promise<Float32Array> {
  await evaluate(model, ids, { top: 1, greedy: 0 });
  return model.forward.readLogits(0);
}

async function expectAlike(model: LoadedModel, reference: Reference, ids: readonly number[]): Promise<number> {
  const { worst } = await distance(model, reference, ids);
  expect(worst).toBeLessThan(TOLERANCE);
  await expectSameGreedy(model, ids, (await reference.predict(ids, GREEDY)).greedy, TOLERANCE);
  return worst;
}

describe('Pocket', () => {
  const { ids } = STORED_PROMPTS[0]!;
  let wide: string;
  let narrow: string;
  let model: LoadedModel;
  let reference: Reference;
  beforeAll(async () => {
    wide = await randomAdapter('pocket-16', POCKET, { rank: 16, type: 'F32', alpha: 32, gain: 0.3 });
    narrow = await randomAdapter('pocket-4', POCKET, {
      rank: 4,
      type: 'F16',
      gain: 0.3,
      of: /attn_(q|v)|ffn_(up|down)/,
    });
    model = await openModel(POCKET, { kvType: 'f32' });
    reference = await Reference.open(await floatTwin(POCKET, 'F32'));
  });
  afterAll(async () => {
    model.release();
    await reference.close();
  });

  test('attached in turns, then detached', async () => {
    const base = await logits(model, ids);
    const sets: [string, AttachedAdapter[]][] = [
      ['rank 16', [{ filePath: wide, scale: 1 }]],
      ['rank 4, half', [{ filePath: narrow, scale: 0.5 }]],
      [
        'both',
        [
          { filePath: narrow, scale: 1 },
          { filePath: wide, scale: -0.5 },
        ],
      ],
    ];
    for (const [name, adapters] of sets) {
      await adapt(model, adapters);
      const changed = (await logits(model, ids)).map((logit, i) => Math.abs(logit - base[i]!));
      expect(Math.max(...changed)).toBeGreaterThan(100 * TOLERANCE);
      const worst = await expectAlike(model, reference.with(await exact(adapters)), ids);
      console.log(`Pocket, ${name}: ${worst.toExponential(1)}`);
    }
    await adapt(model, [{ filePath: wide, scale: 0 }]);
    expect(await logits(model, ids)).toEqual(base);
    await adapt(model, []);
    expect(await logits(model, ids)).toEqual(base);
  });
});

// Embedding and head of their own, scaled; joint and gated matrices; recurrent layers; factors of all types, a rank that is filled up.
test.each([
  ['granite', { rank: 6, type: 'BF16' }],
  ['phi3', { rank: 32, type: 'Q8_0', alpha: 16 }],
  ['qwen35', { rank: 4, type: 'F16', alpha: 8 }],
] as const)('%s: %o', async (name, adapter) => {
  const path = randomModel(`${name}-f32`, { ...RANDOM_ARCHITECTURES[name]!, type: 'F32' });
  const attached = [{ filePath: await randomAdapter(`random-${name}`, path, { ...adapter, gain: 0.3 }), scale: 0.75 }];
  const model = await openModel(path, { kvType: 'f32', adapters: sources(attached) });
  const base = await Reference.open(path, model.contextTokens);
  try {
    for (const count of [1, 33]) {
      const worst = await expectAlike(model, base.with(await exact(attached)), spread(count, model.hp.vocab));
      console.log(`${name}, ${count} tokens: ${worst.toExponential(1)}`);
    }
  } finally {
    model.release();
    await base.close();
  }
});
