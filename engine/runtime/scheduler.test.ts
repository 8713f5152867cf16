import { beforeEach, describe, expect, it } from 'vitest';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { CONTEXT, EOG, expectedText, FakeModel, job, nextToken, prompt } from '../../tests/fake-model.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { pagesFor, Sequence } from './kv-cache.ts';
import type { LoadedModel } from './load-model.ts';
import { Scheduler } from './scheduler.ts';

describe('Scheduler', () => {
  let model: FakeModel;
  let scheduler: Scheduler;
  const start = (pages: number, slots = 0) => {
    model = new FakeModel(pages, slots);
    scheduler = new Scheduler(model as unknown as LoadedModel);
  };
  beforeEach(() => start(64));

  it('answers one request, prefilling in chunks', async () => {
    const tokens = prompt(1, 130);
    const { text, usage } = await scheduler.run(job(tokens, 20));
    expect(text).toBe(expectedText(tokens, 20));
    expect(usage).toEqual({ promptTokens: 130, cachedTokens: 0, completionTokens: 20 });
    expect(model.steps.slice(0, 4)).toMatchObject([
      { tokens: 48, outputs: 0 },
      { tokens: 48, outputs: 0 },
      { tokens: 34, outputs: 1 },
      { tokens: 1, outputs: 1 },
    ]);
    expect(model.steps).toHaveLength(3 + 19);
  });

  it('runs many at once in shared forwards, each as if it were alone', async () => {
    const prompts = Array.from({ length: 20 }, (_, i) => prompt(i, 5 + i * 9));
    const results = await Promise.all(prompts.map((p, i) => scheduler.run(job(p, 30, { owner: `o${i}` }))));
    results.forEach(({ text }, i) => expect(text).toBe(expectedText(prompts[i]!, 30)));
    expect(Math.max(...model.steps.map((s) => s.outputs))).toBe(8);
  });

  it('reuses the keys and values of the same owner, and of nobody else', async () => {
    const tokens = prompt(3, 100);
    await scheduler.run(job(tokens, 10));
    const other = await scheduler.run(job([...tokens, 5, 6], 10, { owner: 'b' }));
    expect(other.usage.cachedTokens).toBe(0);
    const again = await scheduler.run(job([...tokens, 5, 6], 10));
    expect(again.usage.cachedTokens).toBe(100);
    expect(again.text).toBe(expectedText([...tokens, 5, 6], 10));
    const same = await scheduler.run(job([...tokens, 5, 6], 10));
    expect(same.usage.cachedTokens).toBe(101); // the last token is computed for its logits
    expect(same.text).toBe(again.text);
  });

  it('puts back running jobs when pages run out, and still answers all of them', async () => {
    start(pagesFor(CONTEXT)); // one full context in all
    const prompts = Array.from({ length: 6 }, (_, i) => prompt(i + 50, 2 * PAGE));
    const results = await Promise.all(prompts.map((p, i) => scheduler.run(job(p, 4 * PAGE, { owner: `o${i}` }))));
    results.forEach(({ text }, i) => expect(text).toBe(expectedText(prompts[i]!, 4 * PAGE)));
  });

  it('loses no page and gives none to two holders', async () => {
    start(20);
    await Promise.all(Array.from({ length: 10 }, (_, i) => scheduler.run(job(prompt(i, 70), 50, { owner: `o${i}` }))));
    // A lost page would leave too few for one of these; a shared one would change its answer.
    for (let i = 0; i < 5; i++) {
      const long = prompt(90 + i, CONTEXT - 40);
      const [first, second] = await Promise.all([
        scheduler.run(job(long, 40, { owner: `long${i}` })),
        scheduler.run(job(prompt(i, 30), 20, { owner: `short${i}` })),
      ]);
      expect(first.text).toBe(expectedText(long, 40));
      expect(second.text).toBe(expectedText(prompt(i, 30), 20));
    }
    const taken = new Set<number>();
    const rest = new Sequence([]);
    model.pool.reserve(rest, 20 * PAGE);
    for (const page of rest.pages) {
      expect(taken.has(page)).toBe(false);
      taken.add(page);
    }
  });

  it.each([0, 8])(
    'renews between two steps: nothing of before is kept, what runs goes on (%i slots)',
    async (slots) => {
      start(64, slots);
      const kept = prompt(40, 60);
      await scheduler.run(job(kept, 5));
      const prompts = Array.from({ length: 4 }, (_, i) => prompt(i, 40 + i * 9));
      const running = prompts.map((p, i) => scheduler.run(job(p, 60, { owner: `o${i}` })));
      while (model.steps.length < 30) await new Promise((resolve) => setTimeout(resolve));
      let free: number | undefined;
      const renewed = scheduler.renew(() => (free = model.pool.free));
      const late = scheduler.run(job(kept, 5)); // waits for it
      await renewed;
      expect(free).toBe(64);
      expect(scheduler.running + scheduler.waiting).toBe(5);
      expect(await late).toMatchObject({ text: expectedText(kept, 5), usage: { cachedTokens: 0 } });
      (await Promise.all(running)).forEach(({ text }, i) => expect(text).toBe(expectedText(prompts[i]!, 60)));

      scheduler.close(new LocalLLMError('aborted', 'unloaded'));
      await expect(scheduler.renew(() => expect.fail('it is closed'))).rejects.toMatchObject({ code: 'aborted' });
    },
  );

  it('runs a recurrent model: a slot for each running sequence, reuse of whole states only', async () => {
    start(64, 3);
    const prompts = Array.from({ length: 9 }, (_, i) => prompt(i, 5 + i * 11));
    const results = await Promise.all(prompts.map((p, i) => scheduler.run(job(p, 30, { owner: `o${i}` }))));
    results.forEach(({ text }, i) => expect(text).toBe(expectedText(prompts[i]!, 30)));

    const tokens = prompt(3, 100);
    const { text } = await scheduler.run(job(tokens, 10));
    const answer = text.trim().split(' ').map(Number);
    const longer = [...tokens, ...answer, 5, 6];
    const next = await scheduler.run(job(longer, 10));
    expect(next.usage.cachedTokens).toBe(109); // all but the last token of the answer
    expect(next.text).toBe(expectedText(longer, 10));
    const shorter = [...tokens, 7];
    const other = await scheduler.run(job(shorter, 10)); // a state cannot be taken back to fewer tokens
    expect(other.usage.cachedTokens).toBe(0);
    expect(other.text).toBe(expectedText(shorter, 10));
  });

  it('computes a recurrent sequence from its start when a forward has failed', async () => {
    start(64, 2);
    const tokens = prompt(3, 60);
    model.fail = new LocalLLMError('numerics', 'NaN');
    await expect(scheduler.run(job(tokens, 5))).rejects.toMatchObject({ code: 'numerics' });
    model.fail = undefined;
    const { text, usage } = await scheduler.run(job(tokens, 5));
    expect(usage.cachedTokens).toBe(0);
    expect(text).toBe(expectedText(tokens, 5));
  });

  it('keeps steps under way, and begins anew only where the page table is full', async () => {
    const { text } = await scheduler.run(job(prompt(4, 20), 12 * PAGE));
    expect(text).toBe(expectedText(prompt(4, 20), 12 * PAGE));
    expect(model.runs).toBe(2);
  });

  it.each([0, 2])('leaves behind what was computed beyond an end, %i slots of state', async (slots) => {
    start(64, slots);
    const END = 30;
    model.choose = (history) => (history.length === END ? EOG : nextToken(history));
    const tokens = prompt(6, 10);
    const { text, finishReason } = await scheduler.run(job(tokens, 100));
    expect(finishReason).toBe('stop');
    expect(text).toBe(expectedText(tokens, END - 10));
    model.choose = nextToken;
    const longer = [...tokens, ...text.trim().split(' ').map(Number), EOG, 8, 9];
    const next = await scheduler.run(job(longer, 10));
    expect(next.usage.cachedTokens).toBe(END);
    expect(next.text).toBe(expectedText(longer, 10));
  });

  it.each([0, 2])('is not misled by steps that were under way when a request was aborted, %i slots', async (slots) => {
    start(64, slots);
    const abort = new AbortController();
    let deltas = 0;
    const onDelta = () => ++deltas === 7 && abort.abort();
    const tokens = prompt(7, 40);
    await expect(scheduler.run(job(tokens, 100, { signal: abort.signal, onDelta }))).rejects.toMatchObject({
      code: 'aborted',
    });
    const again = await scheduler.run(job([...tokens, 3, 4], 20));
    expect(again.usage.cachedTokens).toBe(slots > 0 ? 0 : 40);
    expect(again.text).toBe(expectedText([...tokens, 3, 4], 20));
  });

  it('takes the more urgent first', async () => {
    const order: string[] = [];
    const run = (name: string, priority: number) =>
      scheduler.run(job(prompt(priority, 90), 3, { owner: name, priority })).then(() => order.push(name));
    await Promise.all([run('page', 1), run('page 2', 1), run('popup', 0)]);
    expect(order[0]).toBe('popup');
  });

  it('ends an aborted request within one step and goes on with the others', async () => {
    const abort = new AbortController();
    let stepsAfterAbort = 0;
    const deltas: string[] = [];
    const stopped = scheduler.run(
      job(prompt(1, 10), 400, {
        owner: 'stopped',
        signal: abort.signal,
        onDelta: (text) => {
          deltas.push(text);
          if (deltas.length === 5) abort.abort();
          if (deltas.length > 5) stepsAfterAbort++;
        },
      }),
    );
    const other = scheduler.run(job(prompt(2, 10), 30, { owner: 'other' }));
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    expect(stepsAfterAbort).toBe(0);
    expect((await other).text).toBe(expectedText(prompt(2, 10), 30));
  });

  it('drops a waiting request that is aborted', async () => {
    const abort = new AbortController();
    const busy = Array.from({ length: 8 }, (_, i) => scheduler.run(job(prompt(i, 20), 20, { owner: `o${i}` })));
    const waiting = scheduler.run(job(prompt(9, 20), 20, { signal: abort.signal }));
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    expect(scheduler.running + scheduler.waiting).toBe(8); // it waited for nobody
    await Promise.all(busy);
  });

  it('fails what runs when a forward fails, then serves the next', async () => {
    model.fail = new LocalLLMError('numerics', 'NaN');
    await expect(scheduler.run(job(prompt(1, 10), 5))).rejects.toMatchObject({ code: 'numerics' });
    model.fail = undefined;
    const { text } = await scheduler.run(job(prompt(1, 10), 5));
    expect(text).toBe(expectedText(prompt(1, 10), 5));
  });

  it('fails everything when the device is lost, and takes nothing more', async () => {
    model.onStep = () => {
      if (model.steps.length === 3) model.fail = new LocalLLMError('device-lost', 'gone');
    };
    const jobs = Array.from({ length: 12 }, (_, i) => scheduler.run(job(prompt(i, 10), 50, { owner: `o${i}` })));
    for (const result of await Promise.allSettled(jobs)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'device-lost' } });
    }
    await expect(scheduler.run(job(prompt(1, 5), 5))).rejects.toMatchObject({ code: 'device-lost' });
  });
});
