import { afterEach, expect, test, vi } from 'vitest';
import { browserEnvironment } from './environment.ts';

afterEach(() => vi.unstubAllGlobals());

const settled = async (promise: Promise<unknown>): Promise<boolean> => {
  let done = false;
  void promise.then(() => (done = true));
  await new Promise((resolve) => setImmediate(resolve));
  return done;
};

test('offline: waits for the event or the signal; elsewhere not at all', async () => {
  const target = new EventTarget();
  vi.stubGlobal('addEventListener', target.addEventListener.bind(target));
  vi.stubGlobal('removeEventListener', target.removeEventListener.bind(target));
  vi.stubGlobal('navigator', { onLine: false });
  const { online } = browserEnvironment();
  const stop = new AbortController();
  const [byEvent, bySignal] = [online(new AbortController().signal), online(stop.signal)];
  expect([await settled(byEvent), await settled(bySignal)]).toEqual([false, false]);
  stop.abort();
  expect([await settled(byEvent), await settled(bySignal)]).toEqual([false, true]);
  target.dispatchEvent(new Event('online'));
  expect(await settled(byEvent)).toBe(true);
  expect(await settled(online(AbortSignal.abort()))).toBe(true);
  for (const navigator of [{ onLine: true }, {}]) {
    vi.stubGlobal('navigator', navigator);
    expect(await settled(browserEnvironment().online(new AbortController().signal))).toBe(true);
  }
});

test('room: as the browser says, or unknown', async () => {
  vi.stubGlobal('navigator', { storage: { estimate: async () => ({ quota: 100 }) } });
  expect(await browserEnvironment().estimate()).toEqual({ quota: 100, usage: 0 });
  vi.stubGlobal('navigator', { storage: { estimate: async () => ({}) } });
  expect(await browserEnvironment().estimate()).toBeUndefined();
});

test('a sleep ends at its signal', async () => {
  const stop = new AbortController();
  const sleep = browserEnvironment().sleep(60_000, stop.signal);
  expect(await settled(sleep)).toBe(false);
  stop.abort();
  expect(await settled(sleep)).toBe(true);
});
