// A model cut into parts gives the numbers of the whole one, and llama.cpp reads the same parts.
import { expect, test } from 'vitest';
import { evaluate } from '../../engine/runtime/evaluate.ts';
import { openModel } from './load-engine.ts';
import { randomModel } from './random-model.ts';
import { Reference } from './reference.ts';
import { splitModel } from './split-model.ts';

const PATH = randomModel('split', {
  architecture: 'llama',
  type: 'F16',
  layers: 2,
  width: 128,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  ffn: 256,
});
const IDS = [1, 200, 31, 7, 99, 260, 5];

test('three parts are as the whole', async () => {
  const [first] = await splitModel(PATH, 3);
  const answers = [];
  for (const path of [PATH, first!]) {
    const model = await openModel(path, { kvType: 'f32' });
    try {
      answers.push(await evaluate(model, IDS, { top: 20, greedy: 4 }));
    } finally {
      model.release();
    }
  }
  expect(answers[1]).toEqual(answers[0]);

  const reference = await Reference.open(first!);
  try {
    const { top } = await reference.predict(IDS, 1);
    const ours = new Map(answers[0]!.top.map(({ id, logprob }) => [id, logprob]));
    for (const { id, logprob } of top.slice(0, 10)) expect(Math.abs(ours.get(id)! - logprob)).toBeLessThan(0.02);
  } finally {
    await reference.close();
  }
});
