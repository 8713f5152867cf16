// What owners do to each other on one model: counted in tokens and steps, never in time.
import { describe, expect, it } from 'vitest';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { CONTEXT, expectedText, FakeModel, job, prompt } from '../../tests/fake-model.ts';
import type { LoadedModel } from './load-model.ts';
import { Scheduler } from './scheduler.ts';

/** Of the shares: how far an owner may be ahead, in decoded tokens of the least urgent. */
const SLACK = 128;

class Sites {
  readonly model: FakeModel;
  readonly scheduler: Scheduler;
  /** Tokens answered so far, by owner. */
  readonly tokens: Record<string, number> = {};
  /** Most forwards between two tokens of one answer, by owner. */
  readonly longestWait: Record<string, number> = {};
  #asked = 0;

  constructor(pages = 512) {
    this.model = new FakeModel(pages);
    this.scheduler = new Scheduler(this.model as unknown as LoadedModel);
  }

  /** An answer to a prompt that nobody asked before. */
  ask(owner: string, priority: number, promptTokens: number, answerTokens: number, signal?: AbortSignal) {
    let last: number | undefined;
    const asked = job(prompt(this.#asked++, promptTokens), answerTokens, {
      owner,
      priority,
      ...(signal ? { signal } : {}),
      onDelta: () => {
        this.tokens[owner] = (this.tokens[owner] ?? 0) + 1;
        const now = this.model.steps.length;
        this.longestWait[owner] = Math.max(this.longestWait[owner] ?? 0, now - (last ?? now));
        last = now;
      },
    });
    return this.scheduler.run(asked);
  }

  /** `count` requests at a time, a new one for each that ends, until the signal. */
  flood(owner: string, priority: number, count: number, signal: AbortSignal, [promptTokens, answerTokens] = [20, 60]) {
    const again = (): Promise<void> =>
      this.ask(owner, priority, promptTokens, answerTokens, signal).then(
        () => again(),
        () => {},
      );
    return Promise.all(Array.from({ length: count }, again));
  }

  /** How many tokens each owner got from now until `until`. */
  async during(until: () => boolean): Promise<Record<string, number>> {
    const before = { ...this.tokens };
    while (!until()) await new Promise((resolve) => setImmediate(resolve));
    return Object.fromEntries(Object.entries(this.tokens).map(([owner, n]) => [owner, n - (before[owner] ?? 0)]));
  }
}

describe('shares', () => {
  it('lets a site with sixteen requests slow only itself', async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const flood = sites.flood('flood', 1, 16, stop.signal);
    const alone = sites.flood('alone', 1, 1, stop.signal);
    await sites.during(() => (sites.tokens.alone ?? 0) > 200);
    const got = await sites.during(() => sites.tokens.alone! > 1200);
    stop.abort();
    await Promise.all([flood, alone]);
    expect(got.flood! / got.alone!).toBeGreaterThan(0.8);
    expect(got.flood! / got.alone!).toBeLessThan(1.25);
    expect(sites.longestWait.alone).toBeLessThanOrEqual(4); // what was under way
  });

  it('gives that site everything when nobody else asks', async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const flood = sites.flood('flood', 1, 16, stop.signal);
    await sites.during(() => sites.tokens.flood! > 2000);
    stop.abort();
    await flood;
    expect(Math.max(...sites.model.steps.map(({ outputs }) => outputs))).toBe(8);
    expect(sites.tokens.flood! / sites.model.steps.length).toBeGreaterThan(5);
  });

  it("shares by weight between the person's own, what is seen and the rest", async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const all = [sites.flood('ui', 0, 1, stop.signal), sites.flood('seen', 1, 1, stop.signal)];
    all.push(sites.flood('hidden', 2, 3, stop.signal));
    await sites.during(() => (sites.tokens.ui ?? 0) > 2500);
    const got = await sites.during(() => sites.tokens.ui! > 5500);
    stop.abort();
    await Promise.all(all);
    expect(got.seen! / got.ui!).toBeCloseTo(4 / 8, 1);
    expect(got.hidden! / got.ui!).toBeCloseTo(1 / 8, 1);
    expect(got.hidden).toBeGreaterThan(0);
  });

  it('answers a hidden site while all places are taken by more urgent ones that never stop', async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const floods = [sites.flood('ui', 0, 8, stop.signal), sites.flood('seen', 1, 16, stop.signal)];
    await sites.during(() => (sites.tokens.seen ?? 0) > 100);
    const before = { ...sites.tokens };
    const { usage } = await sites.ask('hidden', 2, 100, 50);
    expect(usage.completionTokens).toBe(50);
    // Its share is one in thirteen; the slack comes on top, for each of the others at its weight.
    const spent = sites.tokens.ui! - before.ui! + sites.tokens.seen! - before.seen!;
    expect(spent).toBeLessThan(13 * (50 + 100 / 16) + 2 * (8 + 4) * SLACK);
    stop.abort();
    await Promise.all(floods);
  });

  it('keeps a stream going, at most one chunk apart, while another site sends long prompts', async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const stream = sites.flood('stream', 1, 1, stop.signal, [20, 400]);
    await sites.during(() => (sites.tokens.stream ?? 0) > 20);
    const flood = sites.flood('flood', 1, 16, stop.signal, [400, 5]);
    await sites.during(() => sites.tokens.stream! > 300);
    stop.abort();
    await Promise.all([stream, flood]);
    expect(sites.longestWait.stream).toBeLessThanOrEqual(4);
    expect(sites.tokens.flood).toBeGreaterThan(0);
  });

  it('starts a newcomer among sites that send long prompts without end', async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const floods = [1, 2].map((i) => sites.flood(`flood ${i}`, 1, 16, stop.signal, [400, 5]));
    await sites.during(() => sites.model.steps.length > 50);
    const before = sites.model.steps.length;
    await sites.ask('new', 1, 45, 1);
    // Its place comes when the first of the running ends; then it takes turns.
    expect(sites.model.steps.length - before).toBeLessThan(150);
    stop.abort();
    await Promise.all(floods);
  });
});

describe('places', () => {
  it("are given up to the person's own request, and what was put back goes on with what it had", async () => {
    const sites = new Sites();
    const prompts = Array.from({ length: 8 }, (_, i) => prompt(500 + i, 40));
    const order: string[] = [];
    const run = (tokens: number[], count: number, owner: string, priority: number) =>
      sites.scheduler.run(job(tokens, count, { owner, priority })).then((result) => {
        order.push(owner);
        return result;
      });
    const pages = prompts.map((tokens, i) => run(tokens, 200, `page ${i}`, 2));
    while (sites.model.steps.length < 20) await new Promise((resolve) => setImmediate(resolve));
    const popup = await run(prompt(600, 30), 20, 'ui', 0);
    expect(popup.text).toBe(expectedText(prompt(600, 30), 20));
    expect(order).toEqual(['ui']);
    for (const [i, { text }] of (await Promise.all(pages)).entries()) expect(text).toBe(expectedText(prompts[i]!, 200));
    // 8 × 240 tokens and the popup's 50; what was put back was found again, all but its last tokens.
    const computed = sites.model.steps.reduce((sum, { tokens }) => sum + tokens, 0);
    expect(computed).toBeLessThan(8 * 240 + 50 + 100);
  });

  it('go to what the person looks at now', async () => {
    const sites = new Sites();
    const stop = new AbortController();
    const flood = sites.flood('flood', 2, 8, stop.signal, [20, 480]);
    await sites.during(() => (sites.tokens.flood ?? 0) > 40);
    const order: string[] = [];
    const ask = (owner: string, tab: { priority: number }) =>
      sites.scheduler
        .run(
          job(prompt(owner.length, 30), 10, {
            owner,
            get priority() {
              return tab.priority;
            },
          }),
        )
        .then(() => order.push(owner));
    const [first, second] = [{ priority: 2 }, { priority: 2 }];
    const answers = [ask('first', first), ask('the second', second)];
    await new Promise((resolve) => setImmediate(resolve));
    expect(sites.scheduler.waiting).toBe(2);
    second.priority = 1;
    await Promise.all(answers);
    expect(order).toEqual(['the second', 'first']);
    stop.abort();
    await flood;
  });
});

describe('forks', () => {
  const shared = prompt(700, 5 * PAGE + 9);

  it('of a kept prefix run at once on the same pages', async () => {
    const sites = new Sites();
    const { scheduler, model } = sites;
    await scheduler.run(job(shared, 1));
    const free = model.pool.free;
    const forks = [1, 2, 3, 4].map((i) => [...shared, 900 + i]);
    const running = forks.map((tokens) => scheduler.run(job(tokens, 40)));
    await sites.during(() => model.steps.at(-1)!.outputs === 4);
    expect(free - model.pool.free).toBeLessThanOrEqual(4 * 2);
    for (const [i, { text, usage }] of (await Promise.all(running)).entries()) {
      expect(usage.cachedTokens).toBe(shared.length);
      expect(text).toBe(expectedText(forks[i]!, 40));
    }
  });

  it('of a prompt that is only being computed wait for it instead of computing it, too', async () => {
    const { scheduler, model } = new Sites();
    const forks = [1, 2, 3, 4].map((i) => [...shared, 900 + i]);
    const results = await Promise.all(forks.map((tokens) => scheduler.run(job(tokens, 10))));
    results.forEach(({ text }, i) => expect(text).toBe(expectedText(forks[i]!, 10)));
    expect(model.steps.reduce((sum, { tokens }) => sum + tokens, 0)).toBeLessThan(shared.length + 4 * 12);
  });

  it.each(['other', 'ui'])('are never those of another owner, nor does %s wait for one', async (owner) => {
    const sites = new Sites();
    const { scheduler, model } = sites;
    const tokens = [...shared, 900];
    await scheduler.run(job(shared, 1, { owner: 'ended' }));
    const running = scheduler.run(job(shared, 60, { owner: 'answering' }));
    await sites.during(() => model.steps.at(-1)!.outputs === 1 && model.steps.at(-1)!.tokens === 1);
    const prefilling = scheduler.run(job([...shared, ...shared], 1, { owner: 'prefilling' }));
    await sites.during(() => model.steps.at(-1)!.tokens > 1);
    const before = model.steps.length;
    const asked = scheduler.run(job(tokens, 1, { owner }));
    await sites.during(() => model.steps.length > before + 1);
    expect([scheduler.waiting, scheduler.running]).toEqual([0, 3]);
    const { usage, text } = await asked;
    expect(usage.cachedTokens).toBe(0);
    expect(text).toBe(expectedText(tokens, 1));
    expect((await running).text).toBe(expectedText(shared, 60));
    await prefilling;
  });

  it('all fit where each alone would need most of the cache', async () => {
    const { scheduler } = new Sites(CONTEXT / PAGE);
    const long = prompt(800, 12 * PAGE);
    await scheduler.run(job(long, 1));
    const forks = [1, 2, 3].map((i) => [...long, 900 + i]);
    const results = await Promise.all(forks.map((tokens) => scheduler.run(job(tokens, 20))));
    results.forEach(({ text, usage }, i) => {
      expect(text).toBe(expectedText(forks[i]!, 20));
      expect(usage.cachedTokens).toBe(long.length);
    });
  });
});

describe('prefill', () => {
  it('computes a prompt and nothing more, for the next request that begins with it', async () => {
    const { scheduler, model } = new Sites();
    const tokens = prompt(900, 130);
    const { usage, text } = await scheduler.run(job(tokens, 0));
    expect([usage, text]).toEqual([{ promptTokens: 130, cachedTokens: 0, completionTokens: 0 }, '']);
    expect(model.steps.map((step) => [step.tokens, step.outputs])).toEqual([
      [48, 0],
      [48, 0],
      [34, 0],
    ]);
    const again = await scheduler.run(job(tokens, 0));
    expect(again.usage.cachedTokens).toBe(129);
    const answer = await scheduler.run(job([...tokens, 1, 2], 10));
    expect(answer.usage.cachedTokens).toBe(130);
    expect(answer.text).toBe(expectedText([...tokens, 1, 2], 10));
  });
});
