import { fakeBrowser } from 'wxt/testing/fake-browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

vi.stubGlobal('chrome', fakeBrowser);
vi.stubGlobal('location', { origin: 'chrome-extension://abcdef' });
vi.stubGlobal('navigator', { locks: { request: (_: string, work: () => unknown) => work() } });
const { leaveAsk, openSidePanel, takeAsks, watchAsks } = await import('./side-panel.ts');

beforeEach(() => fakeBrowser.reset());
afterEach(() => vi.useRealTimers());

describe('what the panel is asked', () => {
  test('waits for the panel of its window, and is taken once, oldest first', async () => {
    vi.useFakeTimers({ now: 1000 });
    await leaveAsk({ windowId: 1, tabId: 11, what: 'page' });
    vi.setSystemTime(2000);
    await leaveAsk({ windowId: 1, tabId: 12, what: 'selection', frameId: 3, text: 'marked' });
    await leaveAsk({ windowId: 2, tabId: 21, what: 'either' });
    const taken = await takeAsks(1);
    expect(taken.map(({ tabId }) => tabId)).toEqual([11, 12]);
    expect(taken[1]).toEqual({ windowId: 1, tabId: 12, what: 'selection', frameId: 3, text: 'marked', askedMs: 2000 });
    expect(await takeAsks(1)).toEqual([]);
    expect(await takeAsks(2)).toHaveLength(1);
  });

  test('is forgotten after a while: nobody gets what was asked yesterday', async () => {
    vi.useFakeTimers({ now: 0 });
    await leaveAsk({ windowId: 1, tabId: 11, what: 'page' });
    vi.setSystemTime(121_000);
    expect(await takeAsks(1)).toEqual([]);
    expect(await fakeBrowser.storage.session.get(null)).toEqual({});
  });

  test('is dropped where it is nothing that we left', async () => {
    await fakeBrowser.storage.session.set({ 'panel-ask:x': { windowId: 1, tabId: 'all' }, other: 1 });
    expect(await takeAsks(1)).toEqual([]);
    expect(await fakeBrowser.storage.session.get(null)).toEqual({ other: 1 });
  });

  test('is told to panels that are open', async () => {
    const told = vi.fn();
    const stop = watchAsks(told);
    await leaveAsk({ windowId: 1, tabId: 11, what: 'page' });
    expect(told).toHaveBeenCalledTimes(1);
    await fakeBrowser.storage.session.set({ other: 1 });
    stop();
    await leaveAsk({ windowId: 1, tabId: 11, what: 'page' });
    expect(told).toHaveBeenCalledTimes(1);
  });
});

test('a browser without side panels, or one that refuses, gets a window of its own, once', async () => {
  const create = vi.spyOn(fakeBrowser.windows, 'create');
  await openSidePanel(7);
  expect(create).toHaveBeenCalledWith(
    expect.objectContaining({ type: 'popup', url: 'chrome-extension://abcdef/sidepanel.html?window=7' }),
  );
  const refuse = vi.fn(async () => Promise.reject(new Error('no gesture')));
  Object.assign(fakeBrowser, { sidePanel: { open: refuse } });
  await openSidePanel(8);
  expect(refuse).toHaveBeenCalledWith({ windowId: 8 });
  expect(create).toHaveBeenCalledTimes(2);
});
