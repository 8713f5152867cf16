// Every architecture against llama.cpp, with random weights: short and long prompts, beyond sliding windows, in any chunking.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../engine/runtime/evaluate.ts';
import type { LoadedModel } from '../../engine/runtime/load-model.ts';
import { distance, expectSameGreedy, spread, TOP } from './compare.ts';
import { openModel } from './load-engine.ts';
import { RANDOM_ARCHITECTURES } from './random-architectures.ts';
import { randomModel } from './random-model.ts';
import { Reference } from './reference.ts';

/** Of a log-probability: some 20 times what is seen. */
const TOLERANCE = 0.002;
const GREEDY = 64;

test('a head of its own that the architecture does not use refuses the file', async () => {
  const path = randomModel('gemma2-head', { ...RANDOM_ARCHITECTURES['gemma2']!, tied: false, type: 'F32' });
  await expect(openModel(path)).rejects.toMatchObject({ code: 'not-supported', message: /output/ });
});

describe.each(Object.entries(RANDOM_ARCHITECTURES))('%s', (name, shape) => {
  let model: LoadedModel;
  let reference: Reference;
  beforeAll(async () => {
    const path = randomModel(`${name}-f32`, { ...shape, type: 'F32' });
    model = await openModel(path, { kvType: 'f32' });
    reference = await Reference.open(path, model.contextTokens);
  });
  afterAll(async () => {
    model.release();
    await reference.close();
  });

  test.each([1, 7, 45, 300])('a prompt of %i tokens', async (count) => {
    const { worst, divergence } = await distance(model, reference, spread(count, model.hp.vocab));
    console.log(`${name}, ${count} tokens: ${worst.toExponential(1)}, KL ${divergence.toExponential(1)}`);
    expect(worst).toBeLessThan(TOLERANCE);
  });

  test(`${GREEDY} greedy tokens`, async () => {
    const ids = spread(100, model.hp.vocab);
    const { greedy } = await reference.predict(ids, GREEDY);
    await expectSameGreedy(model, ids, greedy, TOLERANCE);
  });

  test('prefill in any chunking equals token by token', async () => {
    const ids = spread(70, model.hp.vocab);
    const single = await evaluate(model, ids, { top: TOP, greedy: 4, chunkTokens: 1 });
    for (const chunkTokens of [3, 64]) {
      const chunked = await evaluate(model, ids, { top: TOP, greedy: 4, chunkTokens });
      expect(chunked.greedy.map((t) => t.id)).toEqual(single.greedy.map((t) => t.id));
      for (const [i, { id, logprob }] of chunked.top.entries()) {
        expect(id).toBe(single.top[i]!.id);
        expect(Math.abs(logprob - single.top[i]!.logprob)).toBeLessThan(1e-3);
      }
    }
  });
});
