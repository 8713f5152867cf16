import { fakeBrowser } from 'wxt/testing/fake-browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { UpFrame } from '../../engine/protocol/messages.ts';
import type { ActivityRecord } from './activity.ts';
import type { SiteSettings } from './budget.ts';
import type { Site } from './site.ts';

// The real `browser` is what the extension's globals were when it was first imported.
vi.stubGlobal('chrome', fakeBrowser);
const { Accounts } = await import('./accounts.ts');
const { SettingsOfSites } = await import('./budget.ts');
const { Usage } = await import('./usage.ts');

const A: Site = { origin: 'https://a.example' };
const B: Site = { origin: 'https://b.example' };
const PRIVATE: Site = { ...A, private: true };
const PARAMS = { input: 'x'.repeat(38), options: {}, stream: true }; // 40 characters as JSON: some 10 tokens
const HOUR_MS = 3_600_000;

let now: number;
beforeEach(() => {
  fakeBrowser.reset();
  now = 1_800_000_000_000;
  vi.useFakeTimers({ now, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => vi.useRealTimers());

function start(set: SiteSettings = {}, noted = { on: true, text: false }) {
  const records: ActivityRecord[] = [];
  const settings = new SettingsOfSites();
  const usage = new Usage();
  const activity = { settings: async () => noted, add: async (record: ActivityRecord) => void records.push(record) };
  const accounts = new Accounts({ settings, usage, activity });
  const ready = settings.set(A, set);
  return {
    records,
    usage,
    settings,
    accounts,
    begin: async (site = A, method: 'generate' | 'prefill' = 'generate') => {
      await ready;
      return accounts.begin(site, method, PARAMS);
    },
  };
}
const delta = (text: string): UpFrame => ({ t: 'delta', id: 1, text });
const failed = (code: 'aborted' | 'device-lost'): UpFrame => ({ t: 'error', id: 1, error: { code, message: '' } });
const done = (promptTokens: number, cachedTokens: number, completionTokens: number): UpFrame => ({
  t: 'done',
  id: 1,
  result: { text: 'The answer.', usage: { promptTokens, cachedTokens, completionTokens } },
});
const settle = () => vi.advanceTimersByTimeAsync(0);

describe('what is counted', () => {
  test('an answer: what was read and not cached, and what was written; once', async () => {
    const { begin, usage, records } = start();
    const work = await begin();
    vi.setSystemTime(now + 500);
    work.take(delta('The'));
    work.take(done(100, 60, 20));
    work.take(failed('aborted'));
    await settle();
    expect(await usage.list()).toEqual([
      {
        ...A,
        requests: 1,
        tokens: 60,
        busyMs: 500,
        lastUsedMs: now + 500,
        hour: { startMs: now, tokens: 60, busyMs: 500 },
      },
    ]);
    expect(records).toEqual([{ ...A, method: 'generate', timeMs: now, tokens: 60, durationMs: 500, outcome: 'done' }]);
  });

  test('a prompt that is only read', async () => {
    const { begin, usage, records } = start();
    const result = { promptTokens: 50, cachedTokens: 10, completionTokens: 0 };
    (await begin(A, 'prefill')).take({ t: 'done', id: 1, result });
    await settle();
    expect((await usage.of(A)).tokens).toBe(40);
    expect(records).toMatchObject([{ method: 'prefill', outcome: 'done' }]);
  });

  test.each([
    ['before the engine began with it: nothing', [], 0],
    ['while the prompt was read: the prompt', [{ t: 'heartbeat', id: 1 }], 10],
    ['after deltas: the prompt and those', [delta('a'), delta('b'), delta('c')], 13],
    ['after a page held the deltas back: the prompt and their length', [delta('x'.repeat(400))], 110],
  ] as [string, UpFrame[], number][])('broken off %s', async (_, frames, tokens) => {
    const { begin, usage, records } = start();
    const work = await begin();
    frames.forEach((frame) => work.take(frame));
    work.take(failed('aborted'));
    await settle();
    expect((await usage.of(A)).tokens).toBe(tokens);
    expect(records).toMatchObject([{ outcome: 'aborted', tokens }]);
  });

  test('time of answers that overlap counts once', async () => {
    const { begin, usage } = start();
    const [one, two] = [await begin(), await begin()];
    vi.setSystemTime(now + 1000);
    one.take(failed('aborted'));
    vi.setSystemTime(now + 1500);
    two.take(failed('aborted'));
    await settle();
    expect((await usage.of(A)).busyMs).toBe(1500);
  });

  test('usage outlives the background; that of private windows only until they are closed', async () => {
    const { begin, usage } = start();
    (await begin()).take(done(10, 0, 1));
    (await begin(PRIVATE)).take(done(20, 0, 2));
    await vi.advanceTimersByTimeAsync(1000);
    const later = new Usage();
    expect((await later.of(A)).tokens).toBe(11);
    expect((await later.of(PRIVATE)).tokens).toBe(22);
    expect(JSON.stringify(await fakeBrowser.storage.local.get())).not.toContain('22');
    await usage.endPrivate();
    expect(await new Usage().list()).toMatchObject([{ tokens: 11 }]);
  });

  test('a site that was forgotten while it had an answer stays forgotten', async () => {
    const { begin, usage } = start();
    const work = await begin();
    await usage.forget(A);
    work.take(done(10, 0, 1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(await new Usage().list()).toEqual([]);
  });

  test('writes are few', async () => {
    const { begin } = start();
    await settle();
    const set = vi.spyOn(fakeBrowser.storage.local, 'set');
    for (let i = 0; i < 20; i++) (await begin()).take(done(1, 0, 1));
    await vi.advanceTimersByTimeAsync(5000);
    expect(set).toHaveBeenCalledTimes(1);
  });
});

describe('the log', () => {
  test('has texts only where they were switched on', async () => {
    const { begin, accounts, records } = start({}, { on: true, text: true });
    (await begin()).take(done(1, 0, 1));
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
    ];
    const stopped = await accounts.begin(A, 'generate', { input: messages });
    stopped.take(delta('Half'));
    stopped.take(failed('aborted'));
    await settle();
    expect(records.map(({ text }) => text?.answer)).toEqual(['The answer.', 'Half']);
    expect(records[1]!.text!.prompt).toBe('system: Be brief.\n\nuser: Hi');
    expect(records[0]!.text!.prompt).toBe(PARAMS.input);
  });

  test('is empty where it is switched off, and of private windows', async () => {
    const off = start({}, { on: false, text: true });
    (await off.begin()).take(done(1, 0, 1));
    const on = start({}, { on: true, text: true });
    (await on.begin(PRIVATE)).take(done(1, 0, 1));
    await settle();
    expect([...off.records, ...on.records]).toEqual([]);
  });

  test('that cannot be written keeps nobody from going on', async () => {
    const { accounts } = start();
    const activity = {
      settings: async () => ({ on: true, text: false }),
      add: async () => Promise.reject(new Error()),
    };
    const usage = new Usage();
    const broken = new Accounts({ settings: new SettingsOfSites(), usage, activity });
    (await broken.begin(A, 'generate', PARAMS)).take(done(1, 0, 1));
    await settle();
    expect((await usage.of(A)).requests).toBe(1);
    await accounts.requireUnpaused(A);
  });
});

describe('budgets', () => {
  test('tokens: what is used up is refused until the hour is over; other sites do not notice', async () => {
    const { begin } = start({ tokensPerHour: 100 });
    (await begin()).take(done(80, 0, 15));
    (await begin()).take(done(50, 0, 50)); // nobody knew before it was done
    vi.setSystemTime(now + HOUR_MS / 2);
    await expect(begin()).rejects.toMatchObject({
      code: 'quota',
      details: { requested: 205, quota: 100 },
      message: expect.stringMatching(/a\.example has used 195 tokens of the 100 .* Try again in 30 minutes/),
    });
    await begin(B);
    await begin({ ...B, top: A.origin });
    await begin(PRIVATE); // as by default: settings are not for private windows
    vi.setSystemTime(now + HOUR_MS);
    await begin();
  });

  test('tokens: answers under way count together, and end where they are beyond', async () => {
    const { begin, usage } = start({ tokensPerHour: 10 });
    const [one, two] = [await begin(), await begin()];
    for (let i = 0; i < 9; i++) expect((i % 2 ? one : two).take(delta('a'))).toBeUndefined();
    expect(one.take(delta('b'))).toMatchObject({ code: 'quota', details: { requested: 10, quota: 10 } });
    await expect(begin()).rejects.toMatchObject({ code: 'quota' });
    one.take(failed('aborted'));
    two.take(done(3, 0, 5));
    expect((await usage.of(A)).tokens).toBe(10 + 5 + 8);
  });

  test('time: what is under way counts already', async () => {
    const { begin } = start({ secondsPerHour: 60 });
    const work = await begin();
    vi.setSystemTime(now + 59_000);
    expect(work.take({ t: 'heartbeat', id: 1 })).toBeUndefined();
    vi.setSystemTime(now + 61_000);
    await expect(begin()).rejects.toMatchObject({ code: 'quota', details: { quota: 60 } });
    expect(work.take({ t: 'heartbeat', id: 1 })).toMatchObject({ code: 'quota', details: { requested: 62 } });
    work.take(failed('aborted'));
    await expect(begin()).rejects.toMatchObject({ code: 'quota' });
    vi.setSystemTime(now + HOUR_MS);
    await begin();
  });

  test('answers at once: as many as allowed, also of those that come together', async () => {
    const { begin } = start({ maxOpen: 2 });
    const all = await Promise.allSettled([begin(), begin(), begin(), begin()]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect(all[2]).toMatchObject({ reason: { code: 'quota', details: { requested: 3, quota: 2 } } });
    (all[0] as PromiseFulfilledResult<Awaited<ReturnType<typeof begin>>>).value.take(failed('device-lost'));
    await begin();
  });

  test('a paused site is let through again when it is resumed', async () => {
    const { begin, settings } = start({ paused: true });
    await expect(begin()).rejects.toMatchObject({ code: 'not-allowed', message: expect.stringContaining('paused') });
    await settings.set(A, {});
    await begin();
  });
});
