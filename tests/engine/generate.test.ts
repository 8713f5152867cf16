// The engine as its callers have it, on a small model with random weights whose context is 512 tokens.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { openFileSource } from '../../engine/cli/file-source.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine, GenerateRequest } from '../../engine/runtime/engine.ts';
import type { GenerateParams } from '../../engine/protocol/messages.ts';
import { randomModel } from '../fidelity/random-model.ts';

const CONTEXT = 512;
/** The end token, ruled out: answers then go on to their limit. */
const ENDLESS = { logitBias: { 261: -1e6 } };
const PATH = randomModel('engine', {
  architecture: 'llama',
  type: 'Q8_0',
  layers: 2,
  width: 128,
  heads: 4,
  kvHeads: 2,
  headDim: 32,
  ffn: 256,
});

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ gpu: await openDawn() });
});
afterAll(() => engine.unload());

async function load(): Promise<void> {
  const source = await openFileSource(PATH);
  await engine.load(source, { sampling: { temperature: 0 } }).finally(() => void source.close());
}
beforeEach(load);

let owners = 0;
function generate(input: string, options: GenerateParams, more: Partial<GenerateRequest> = {}) {
  const signal = new AbortController().signal;
  const request = { owner: `owner ${owners++}`, priority: 1, signal, onDelta: () => {}, ...more };
  return engine.generate({ input, options: { raw: true, ...options }, ...request });
}

/** A prompt of that many tokens: letters that merge with nothing. */
const letters = (count: number) => Array.from({ length: count }, (_, i) => 'bcdfgjklm'[i % 9]).join('');

describe('length', () => {
  test.each([300, CONTEXT - 1])('a prompt of %i tokens, answered to the end of the context', async (count) => {
    const { usage, finishReason } = await generate(letters(count), ENDLESS);
    expect(usage).toEqual({ promptTokens: count, cachedTokens: 0, completionTokens: CONTEXT - count });
    expect(finishReason).toBe('length');
  });

  test('prompts that end at the edges of pages and chunks', async () => {
    for (const count of [31, 32, 33, 255, 256, 257]) {
      const { usage, finishReason } = await generate(letters(count), { ...ENDLESS, maxTokens: 3 });
      expect([usage.promptTokens, usage.completionTokens, finishReason]).toEqual([count, 3, 'length']);
    }
  });

  test('a prompt as long as the context is refused before any work, with both figures', async () => {
    await expect(generate(letters(CONTEXT), {})).rejects.toMatchObject({
      code: 'quota',
      details: { requested: CONTEXT + 1, quota: CONTEXT },
    });
  });

  test('maxTokens cuts', async () => {
    const { usage, finishReason } = await generate('b', { ...ENDLESS, maxTokens: 7 });
    expect([usage.completionTokens, finishReason]).toEqual([7, 'length']);
  });
});

describe('answers', () => {
  test('many at once are what each is alone', async () => {
    const prompts = Array.from({ length: 10 }, (_, i) => letters(3 + 17 * i).slice(i));
    const alone: string[] = [];
    for (const prompt of prompts) alone.push((await generate(prompt, { ...ENDLESS, maxTokens: 30 })).text);
    const together = await Promise.all(prompts.map((p) => generate(p, { ...ENDLESS, maxTokens: 30 })));
    expect(together.map((r) => r.text)).toEqual(alone);
  });

  test('the same seed gives the same text, another seed another', async () => {
    const options = { ...ENDLESS, temperature: 1.2, topK: 0, topP: 1, minP: 0, maxTokens: 40 };
    const [a, b, c] = [
      await generate('hello', { ...options, seed: 5 }),
      await generate('hello', { ...options, seed: 5 }),
      await generate('hello', { ...options, seed: 6 }),
    ];
    expect(b.text).toBe(a.text);
    expect(c.text).not.toBe(a.text);
  });

  test('the deltas are the text', async () => {
    let text = '';
    const result = await generate(
      'hello',
      { ...ENDLESS, temperature: 1, seed: 1, maxTokens: 60 },
      { onDelta: (d) => (text += d) },
    );
    expect(text).toBe(result.text);
  });

  test('a stop string ends before itself', async () => {
    const whole = await generate('hello', { ...ENDLESS, maxTokens: 40 });
    const stop = whole.text.slice(9, 12);
    const cut = await generate('hello', { ...ENDLESS, maxTokens: 40, stop: [stop] });
    expect(cut.finishReason).toBe('stop');
    expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
  });

  test('a bias forces a token, a repetition penalty drives it away', async () => {
    const forced = await generate('hello', { maxTokens: 5, logitBias: { 65: 1e6 } });
    expect(new Set(forced.text)).toHaveLength(1);
    const distinct = async (options: GenerateParams) => {
      const { logprobs } = await generate('hello', { ...ENDLESS, maxTokens: 60, logprobs: 1, ...options });
      return new Set(logprobs!.map(({ id }) => id)).size;
    };
    expect(await distinct({})).toBeLessThan(60);
    expect(await distinct({ frequencyPenalty: 100 })).toBe(60);
    expect(await distinct({ repetitionPenalty: 100 })).toBeGreaterThan(await distinct({}));
  });

  test('log-probabilities are of the tokens that were taken', async () => {
    const { logprobs, usage } = await generate('hello', { ...ENDLESS, maxTokens: 8, logprobs: 5 });
    expect(logprobs).toHaveLength(usage.completionTokens);
    for (const { id, logprob, top } of logprobs!) {
      expect(top).toHaveLength(5);
      expect(top[0]).toMatchObject({ id, logprob });
      expect(logprob).toBeLessThan(0);
      expect(top).toEqual(top.toSorted((a, b) => b.logprob - a.logprob));
    }
  });

  test('the next request of the same owner computes only what is new, another owner all of it', async () => {
    const first = await generate(letters(100), { ...ENDLESS, maxTokens: 4 }, { owner: 'a' });
    const again = await generate(letters(140), { ...ENDLESS, maxTokens: 4 }, { owner: 'a' });
    const other = await generate(letters(140), { ...ENDLESS, maxTokens: 4 }, { owner: 'b' });
    expect([first, again, other].map((r) => r.usage.cachedTokens)).toEqual([0, 100, 0]);
    expect(again.text).toBe(other.text);
  });
});

describe('forks', () => {
  const begin = letters(75);
  const ends = ['bd', 'k', 'mlkjgf'];

  test('of one prefix, answered at once on shared pages, are what each is alone', async () => {
    const options = { ...ENDLESS, maxTokens: 12 };
    const alone: string[] = [];
    for (const end of ends) alone.push((await generate(begin + end, options)).text);
    const usage = await engine.prefill({
      input: begin,
      options: { raw: true },
      owner: 'forks',
      priority: 1,
      signal: new AbortController().signal,
    });
    expect(usage).toEqual({ promptTokens: 75, cachedTokens: 0, completionTokens: 0 });
    const forks = await Promise.all(ends.map((end) => generate(begin + end, options, { owner: 'forks' })));
    expect(forks.map((fork) => fork.text)).toEqual(alone);
    expect(forks.map((fork) => fork.usage.cachedTokens)).toEqual([75, 75, 75]);
    // What they shared is as it was.
    const again = await generate(begin + ends[0]!, options, { owner: 'forks' });
    expect(again.text).toBe(alone[0]);
    expect(again.usage.cachedTokens).toBe(76);
  });
});

describe('ends', () => {
  test('an abort ends the request within a token', async () => {
    const abort = new AbortController();
    let deltas = 0;
    const onDelta = () => {
      deltas++;
      abort.abort();
    };
    await expect(generate('hello', ENDLESS, { signal: abort.signal, onDelta })).rejects.toMatchObject({
      code: 'aborted',
    });
    expect(deltas).toBe(1);
  });

  test('unloading fails what runs, and the model loads again', async () => {
    const running = generate('hello', ENDLESS).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await engine.unload();
    expect(await running).toMatchObject({ code: 'aborted' });
    await expect(generate('hello', {})).rejects.toMatchObject({ code: 'invalid-state' });
    expect(engine.info()).toBeUndefined();
    await load();
    expect((await generate('hello', { maxTokens: 3 })).usage.completionTokens).toBeLessThanOrEqual(3);
  });

  test('loading again and again leaves no memory behind', async () => {
    const before = engine.info()!.gpuBytes;
    for (let i = 0; i < 3; i++) await load();
    expect(engine.info()!.gpuBytes).toBe(before);
  });

  test('a cancelled load leaves nothing behind', async () => {
    const { gpuBytes } = engine.info()!;
    const source = await openFileSource(PATH);
    await expect(engine.load(source, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    await source.close();
    await load();
    expect(engine.info()!.gpuBytes).toBe(gpuBytes);
  });

  test('a system message needs the template; raw takes text alone', async () => {
    await expect(
      engine.generate({
        input: [{ role: 'user', content: 'hi' }],
        options: { raw: true },
        owner: 'x',
        priority: 1,
        signal: new AbortController().signal,
        onDelta: () => {},
      }),
    ).rejects.toMatchObject({ code: 'bad-argument' });
  });
});
