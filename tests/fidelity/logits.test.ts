// Log-probabilities and greedy tokens against llama.cpp, on the file's F32 twin: multiplying with a quantized matrix,
// llama.cpp's CPU path rounds the activations to 8 bits, which alone moves Pocket's log-probabilities by up to 0.12.
// 448 tokens and 64 more fill the random models' context of 512 to the last position.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LoadedModel } from '../../engine/runtime/load-model.ts';
import { PORTABLE } from '../../shaders/kernel.ts';
import { distance, expectSameGreedy, spread } from './compare.ts';
import { openModel } from './load-engine.ts';
import { POCKET, STORED_PROMPTS } from './pocket.ts';
import { f32, randomModel, type RandomModel } from './random-model.ts';
import { Reference } from './reference.ts';
import { floatTwin } from './twin.ts';

const GREEDY = 64;
/** Fewer where another prompt takes the 64: decoding is most of the time on a software adapter. */
const FEW_GREEDY = 8;
/** Of a log-probability, by the cache's type: some 20 times what is seen. */
const TOLERANCE = { f32: 0.002, f16: 0.02, q8: 0.08 };

/** What the architectures' own models (`random-architectures.ts`) have not. */
const SHAPES: Record<string, Omit<RandomModel, 'architecture'>> = {
  'bf16, linear scaling, tied': {
    type: 'BF16',
    layers: 2,
    width: 160,
    heads: 5,
    kvHeads: 1,
    headDim: 32,
    ffn: 256,
    tied: true,
    more: { 'rope.scaling.type': 'linear', 'rope.scaling.factor': f32(4) },
  },
  'q8_0, heads of 80, factors': {
    type: 'Q8_0',
    layers: 2,
    width: 320,
    heads: 4,
    kvHeads: 2,
    headDim: 80,
    ffn: 416,
    ropeFactors: 'one',
  },
  'q4_0, heads of 128, odd blocks': {
    type: 'Q4_0',
    layers: 2,
    width: 96,
    heads: 3,
    kvHeads: 1,
    headDim: 128,
    ffn: 96,
    more: { 'rope.freq_base': f32(5e5) },
  },
};

/** Compares what follows `ids`, and `greedy` tokens after them; the largest difference of a log-probability. */
async function expectAlike(
  model: LoadedModel,
  reference: Reference,
  ids: readonly number[],
  greedy: number,
  tolerance: number,
): Promise<number> {
  const { worst } = await distance(model, reference, ids);
  expect(worst).toBeLessThan(tolerance);
  await expectSameGreedy(model, ids, (await reference.predict(ids, greedy)).greedy, tolerance);
  return worst;
}

describe.each(Object.entries(SHAPES))('random weights: %s', (name, shape) => {
  let model: LoadedModel;
  let reference: Reference;
  beforeAll(async () => {
    const path = randomModel(name.replaceAll(/[^a-z0-9]+/g, '-'), { architecture: 'llama', ...shape });
    model = await openModel(path, { kvType: 'f32' });
    reference = await Reference.open(await floatTwin(path, 'F32'));
  });
  afterAll(async () => {
    model.release();
    await reference.close();
  });

  test.each([
    [1, FEW_GREEDY],
    [7, FEW_GREEDY],
    [40, FEW_GREEDY],
    [300, FEW_GREEDY],
    [448, GREEDY],
  ])('a prompt of %i tokens', async (count, greedy) => {
    const ids = spread(count, model.hp.vocab);
    const worst = await expectAlike(model, reference, ids, greedy, TOLERANCE.f32);
    console.log(`${name}, ${count} tokens: ${worst.toExponential(1)}`);
  });
});

test("in the kernels' shapes for a real GPU", async () => {
  const path = randomModel('gpu-shapes', { architecture: 'llama', ...SHAPES['q4_0, heads of 128, odd blocks']! });
  const model = await openModel(path, { kvType: 'f32' }, { adapter: PORTABLE });
  const reference = await Reference.open(await floatTwin(path, 'F32'));
  try {
    await expectAlike(model, reference, spread(40, model.hp.vocab), 4, TOLERANCE.f32);
  } finally {
    model.release();
    await reference.close();
  }
});

describe('Pocket', () => {
  let reference: Reference;
  beforeAll(async () => {
    reference = await Reference.open(await floatTwin(POCKET, 'F32'));
  });
  afterAll(() => reference.close());

  describe.each(['f16', 'f32', 'q8'] as const)('with a KV cache in %s', (kvType) => {
    let model: LoadedModel;
    beforeAll(async () => {
      model = await openModel(POCKET, { kvType });
    });
    afterAll(() => model.release());

    test.each(STORED_PROMPTS)('the prompt "$name"', async ({ name, ids }) => {
      const greedy = kvType === 'f32' ? FEW_GREEDY : GREEDY;
      const worst = await expectAlike(model, reference, ids, greedy, TOLERANCE[kvType]);
      console.log(`Pocket, ${kvType}, ${name}: ${worst.toExponential(1)}`);
    });
  });
});
