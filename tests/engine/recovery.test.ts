// The engine when the GPU goes away or has too little memory.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openFileSource } from '../../engine/cli/file-source.ts';
import type { GenerateParams } from '../../engine/protocol/messages.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import type { Engine, GenerateRequest, LoadOptions } from '../../engine/runtime/engine.ts';
import { randomModel } from '../fidelity/random-model.ts';
import { FrailGpu } from './frail-gpu.ts';

const PATH = randomModel('recovery', {
  architecture: 'llama',
  type: 'Q8_0',
  layers: 1,
  width: 64,
  heads: 2,
  kvHeads: 1,
  headDim: 32,
  ffn: 128,
});
/** The end token, ruled out. */
const ENDLESS = { logitBias: { 261: -1e6 } };

let frail: FrailGpu;
let engine: Engine;
let progress: (number | undefined)[];
let lost: string[];
beforeEach(async () => {
  frail = await FrailGpu.open();
  engine = await createEngine({ gpu: frail.gpu });
  progress = [];
  lost = [];
  engine.onRecovery = (fraction) => progress.push(fraction);
  engine.onLost = ({ message }) => lost.push(message);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await engine.unload();
});

async function open() {
  const source = await openFileSource(PATH);
  return { source, close: () => void source.close() };
}
async function load(options: LoadOptions = { reopen: open }): Promise<void> {
  const { source, close } = await open();
  await engine.load(source, { sampling: { temperature: 0 }, ...options }).finally(close);
}
function generate(input: string, options: GenerateParams = {}, more: Partial<GenerateRequest> = {}) {
  const signal = new AbortController().signal;
  const all = { raw: true, maxTokens: 40, ...ENDLESS, ...options };
  return engine.generate({ input, options: all, owner: input, priority: 1, signal, onDelta: () => {}, ...more });
}
/** Calls at the n-th delta. */
function atDelta(n: number, call: () => void): Pick<GenerateRequest, 'onDelta'> {
  let deltas = 0;
  return { onDelta: () => void (++deltas === n && call()) };
}

describe('a lost GPU', () => {
  test('is opened again, and every answer goes on where it was; lost again within a minute it ends everything', async () => {
    await load();
    const requests: [string, GenerateParams][] = [
      ['greedy', { logprobs: 1 }],
      ['drawn on the GPU', { temperature: 1, seed: 3 }],
      ['drawn from all', { temperature: 1.5, seed: 4, topK: 0, topP: 1, minP: 0 }],
      ['penalties', { frequencyPenalty: 2 }],
    ];
    const ask = async (lose: () => void) => {
      const begun = Promise.withResolvers<void>();
      const responseConstraint = { type: 'regexp', source: '(bcd|fgh)+', flags: '' } as const;
      const constrained = generate('constrained', { responseConstraint }, atDelta(1, begun.resolve));
      await begun.promise; // its grammar takes a moment
      const others = requests.map(([input, options], i) => generate(input, options, i === 0 ? atDelta(9, lose) : {}));
      return Promise.all([...others, constrained]);
    };
    const undisturbed = await ask(() => {});
    await load();
    const late = new AbortController();
    frail.refusals = 1; // it does not come back at once
    let meanwhile: Promise<unknown>[] = [];
    let during: unknown;
    const answers = await ask(() => {
      frail.lose();
      engine.onRecovery = (fraction) => {
        progress.push(fraction);
        if (progress.length > 1) return;
        during = engine.info();
        meanwhile = [
          generate('asked meanwhile'),
          generate('left', {}, { signal: late.signal }).catch((e: unknown) => e),
        ];
        late.abort();
      };
    });
    expect(answers.map(({ text }) => text)).toEqual(undisturbed.map(({ text }) => text));
    expect(answers.map(({ usage }) => usage)).toEqual(undisturbed.map(({ usage }) => usage));
    expect(answers.map(({ logprobs }) => logprobs?.length)).toEqual([40, ...Array.from({ length: 4 })]);
    expect(answers[4]!.text).toMatch(/^(bcd|fgh)+/);
    expect(await Promise.all(meanwhile)).toMatchObject([{ finishReason: 'length' }, { code: 'aborted' }]);
    expect(during).toMatchObject({ running: 0, waiting: 5 });
    expect([progress[0], progress.at(-1)]).toEqual([0, undefined]);
    expect(frail.opened).toBe(2);
    expect(lost).toEqual([]);

    engine.onRecovery = undefined;
    const both = [
      generate(
        'lost again',
        {},
        atDelta(3, () => frail.lose()),
      ),
      generate('beside it'),
    ];
    const twice = { code: 'device-lost', message: expect.stringMatching(/twice .* smaller model/) };
    for (const answer of both.map((one) => one.catch((error: unknown) => error)))
      expect(await answer).toMatchObject(twice);
    expect(lost).toHaveLength(1);
    await expect(generate('after')).rejects.toMatchObject(twice);
    expect(engine.info()).toBeUndefined();
  });
});

describe('a GPU', () => {
  const size = { contextTokens: 512, minContextTokens: 64 };

  test('with little memory has a shorter context; without any, answers fail; unloaded and lost, it is left', async () => {
    let losses = 0;
    await load({ ...size, onProgress: () => void (losses++ === 0 && frail.lose()) });
    expect(frail.opened).toBe(2); // a loss during a load costs only time
    const whole = engine.info()!;
    expect(whole).toMatchObject({ contextTokens: 512, wantedContextTokens: 512 });
    await engine.unload();
    await load({ contextTokens: 128 });
    frail.maxBytes = engine.info()!.gpuBytes; // a cache of four such contexts: one of 512 with its tables needs a little more
    await load(size);
    const short = engine.info()!;
    expect(short.wantedContextTokens).toBe(512);
    expect([128, 256]).toContain(short.contextTokens);
    expect(short.gpuBytes).toBeLessThan(whole.gpuBytes);
    const { usage } = await generate('x'.repeat(50), { maxTokens: 1000 });
    expect(usage.promptTokens + usage.completionTokens).toBe(short.contextTokens);
    await expect(load({ ...size, minContextTokens: 512 })).rejects.toMatchObject({ code: 'out-of-memory' });
    frail.maxBytes = 1000;
    await expect(load(size)).rejects.toMatchObject({ code: 'out-of-memory' });
    expect(frail.bytes).toBe(0);

    frail.maxBytes = Infinity;
    await load();
    const failed = generate(
      'while answering',
      {},
      atDelta(3, () => frail.exhaust()),
    ).catch((error: unknown) => error);
    expect(await failed).toMatchObject({ code: 'out-of-memory', message: expect.stringContaining('smaller model') });
    expect((await generate('after')).finishReason).toBe('length');

    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 61_000);
    engine.onRecovery = () => void engine.unload();
    const left = generate(
      'unloaded',
      {},
      atDelta(3, () => frail.lose()),
    ).catch((error: unknown) => error);
    expect(await left).toMatchObject({ code: 'aborted' });
    await engine.unload();
    expect(frail.opened).toBe(2); // nobody wants it back
  });
});
