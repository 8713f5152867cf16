// Answers that are held to a schema, a pattern or tools: from random weights, whose choices are as hostile as any, and from Pocket.
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GenerateParams } from '../../engine/protocol/messages.ts';
import type { Engine, GenerateRequest } from '../../engine/runtime/engine.ts';
import { uniform } from '../../engine/runtime/sampler.ts';
import { openEngine } from '../fidelity/load-engine.ts';
import { POCKET } from '../fidelity/pocket.ts';
import { randomModel } from '../fidelity/random-model.ts';
import { randomSchema } from '../random-schema.ts';

const PERSON = {
  type: 'object',
  properties: {
    name: { type: 'string', maxLength: 12 },
    age: { type: 'integer', minimum: 0, maximum: 150 },
    kind: { enum: ['admin', 'user'] },
  },
  required: ['name', 'age', 'kind'],
  additionalProperties: false,
};
const TOOLS = [
  {
    name: 'weather',
    description: 'The weather in a city',
    parameters: { type: 'object', properties: { city: { enum: ['Oslo', 'Rome'] } }, required: ['city'] },
  },
];
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const json = (schema: object): GenerateParams => ({
  responseConstraint: { type: 'json-schema', schema: { ...schema } },
});

function asking(engine: () => Engine) {
  let owners = 0;
  return (options: GenerateParams, more: Partial<GenerateRequest> = {}) =>
    engine().generate({
      input: 'abc',
      options: { maxTokens: 90, temperature: 3, topK: 0, topP: 1, minP: 0, seed: 7, ...options },
      owner: `owner ${owners++ % 3}`,
      priority: 1,
      signal: new AbortController().signal,
      onDelta: () => {},
      ...more,
    });
}

describe('random weights', () => {
  let engine: Engine;
  beforeAll(async () => {
    const shape = { layers: 1, width: 64, heads: 2, kvHeads: 1, headDim: 32, ffn: 64, embeddingGain: 12 };
    engine = await openEngine(randomModel('constrained', { architecture: 'llama', type: 'F32', ...shape }));
  });
  afterAll(() => engine.unload());
  const ask = asking(() => engine);

  test('whatever the schema, a complete answer parses and validates', async () => {
    let seed = 11;
    const random = () => uniform(seed++, 3);
    let complete = 0;
    const one = async () => {
      const schema = randomSchema(random);
      // Two thirds as the GPU draws, the others from all logits.
      const sampling = random() < 0.6 ? { topK: 40 + Math.floor(random() * 80) } : {};
      const { text, finishReason } = await ask({ raw: true, ...json(schema), ...sampling, seed: seed++ });
      if (finishReason === 'length') return;
      complete++;
      const validate = ajv.compile(schema);
      if (!validate(JSON.parse(text)))
        throw new Error(`${text} against ${JSON.stringify(schema)}: ${ajv.errorsText(validate.errors)}`);
    };
    for (let i = 0; i < 4; i++) await Promise.all([one(), one(), one(), one()]);
    expect(complete).toBeGreaterThan(6);
  });

  test('biases and penalties bring no token back', async () => {
    const open = 'o'.charCodeAt(0);
    const logitBias = Object.fromEntries(Array.from({ length: 200 }, (_, id) => [id, id === open ? -1e9 : 1e9]));
    const options = { raw: true, responseConstraint: { type: 'regexp', source: 'yes|no', flags: '' } } as const;
    const { text } = await ask({ ...options, logitBias, repetitionPenalty: 100, presencePenalty: -100 });
    expect(['yes', 'no']).toContain(text);
  });

  test('log-probabilities are of what is allowed', async () => {
    const options = { raw: true, responseConstraint: { type: 'regexp', source: '[ab]c', flags: '' } } as const;
    const { logprobs } = await ask({ ...options, logprobs: 5 });
    expect(logprobs![0]!.top.map(({ text }) => text).sort()).toEqual(['a', 'b']);
    expect(logprobs![0]!.top.reduce((sum, { logprob }) => sum + Math.exp(logprob), 0)).toBeCloseTo(1, 4);
    expect(logprobs![1]!.top).toEqual([{ id: expect.any(Number), text: 'c', logprob: expect.closeTo(0, 4) }]);
  });

  test('others go on beside a constrained answer, and stop strings end it', async () => {
    const options = { raw: true, responseConstraint: { type: 'regexp', source: 'a{40}b{40}', flags: '' } } as const;
    const free = { raw: true, temperature: 0, logitBias: { 261: -1e6 }, maxTokens: 30 };
    const alone = await ask(free);
    const [held, stopped, beside] = await Promise.all([ask(options), ask({ ...options, stop: ['bb'] }), ask(free)]);
    expect([held.text, held.finishReason]).toEqual(['a'.repeat(40) + 'b'.repeat(40), 'stop']);
    expect([stopped.text, stopped.finishReason]).toEqual(['a'.repeat(40), 'stop']);
    expect([beside.text, alone.finishReason]).toEqual([alone.text, 'length']);
  });

  test('a cut answer says so; what cannot be held to is refused by name; a cancelled one ends', async () => {
    const cut = await ask({ raw: true, ...json({ type: 'string', minLength: 30 }), maxTokens: 5 });
    expect([cut.finishReason, cut.text.trimStart()[0], cut.usage.completionTokens]).toEqual(['length', '"', 5]);
    await expect(ask({ raw: true, ...json({ type: 'array', uniqueItems: true }) })).rejects.toMatchObject({
      code: 'not-supported',
      message: expect.stringContaining('"uniqueItems"'),
    });
    const signal = AbortSignal.timeout(1);
    const endless = {
      raw: true,
      responseConstraint: { type: 'regexp', source: 'a+', flags: '' },
      maxTokens: 400,
    } as const;
    await expect(ask(endless, { signal })).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('Pocket', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(POCKET, { contextTokens: 1024 });
  });
  afterAll(() => engine.unload());
  const ask = asking(() => engine);
  const plain = { temperature: 0 };

  test('an object, streamed', async () => {
    const deltas: string[] = [];
    const input = 'Describe a person as JSON.';
    const { text, finishReason } = await ask(
      { ...plain, ...json(PERSON) },
      { input, onDelta: (delta) => deltas.push(delta) },
    );
    expect([deltas.join(''), finishReason]).toEqual([text, 'stop']);
    expect(ajv.validate(PERSON, JSON.parse(text))).toBe(true);
  });

  test('a call of a tool, its arguments checked, none of it streamed', async () => {
    const deltas: string[] = [];
    const input = 'What is the weather in Oslo? Use the tool.';
    const onDelta = (delta: string) => deltas.push(delta);
    const { text, finishReason, toolCalls } = await ask({ ...plain, tools: TOOLS }, { input, onDelta });
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls).toEqual([
      {
        id: expect.stringMatching(/^[a-z0-9]{9}$/),
        name: 'weather',
        arguments: { city: expect.stringMatching(/^(?:Oslo|Rome)$/) },
      },
    ]);
    expect(deltas.join('')).toBe(text);
  });
});
