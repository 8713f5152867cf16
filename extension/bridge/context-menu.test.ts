import { fakeBrowser } from 'wxt/testing/fake-browser';
import { beforeEach, expect, test, vi } from 'vitest';

vi.stubGlobal('chrome', fakeBrowser);
vi.stubGlobal('location', { origin: 'chrome-extension://abcdef' });
vi.stubGlobal('navigator', { locks: { request: (_: string, work: () => unknown) => work() } });
const { ASK_SELECTION, offerAsking } = await import('./context-menu.ts');
const { takeAsks } = await import('./side-panel.ts');

type Click = (info: object, tab?: object) => void;
let click: Click = () => {};
const openPanel = vi.fn(async () => {});
const contexts = vi.fn(async (): Promise<unknown[]> => []);
Object.assign(fakeBrowser, {
  contextMenus: { onClicked: { addListener: (listener: Click) => (click = listener) } },
  commands: { onCommand: { addListener: () => {} } },
  sidePanel: { open: openPanel },
});
Object.assign(fakeBrowser.runtime, { getContexts: contexts });

beforeEach(() => {
  fakeBrowser.reset();
  vi.clearAllMocks();
  offerAsking();
});

const MARKED = { menuItemId: ASK_SELECTION, frameId: 2, selectionText: 'Marked.' };

test('the panel opens in the turn of the click, and is asked', async () => {
  click(MARKED, { id: 5, windowId: 4, incognito: false });
  expect(openPanel).toHaveBeenCalledWith({ windowId: 4 });
  await expect.poll(() => takeAsks(4)).toMatchObject([{ tabId: 5, what: 'selection', frameId: 2, text: 'Marked.' }]);
});

test('nothing that was marked in a private window is kept', async () => {
  click(MARKED, { id: 5, windowId: 4, incognito: true });
  await expect.poll(() => takeAsks(4)).toEqual([expect.not.objectContaining({ text: 'Marked.' })]);
});

test('in the PDF viewer, whose clicks are of no tab, the tab in front is meant', async () => {
  const shown = { id: 9, windowId: 8, incognito: false };
  vi.spyOn(fakeBrowser.tabs, 'query').mockImplementation(async () => [shown] as never);
  click(MARKED, { id: -1, windowId: -1, incognito: false });
  await expect.poll(() => openPanel.mock.calls).toEqual([[{ windowId: 8 }]]);
  expect(await takeAsks(8)).toMatchObject([{ tabId: 9, text: 'Marked.' }]);
  contexts.mockResolvedValueOnce([{}]);
  click(MARKED, { id: -1, windowId: -1, incognito: false });
  await expect.poll(() => takeAsks(8)).toHaveLength(1);
  expect(openPanel).toHaveBeenCalledTimes(1);
});

test('a click in a panel of ours is of no tab at all, and asks nothing', () => {
  click(MARKED);
  expect(openPanel).not.toHaveBeenCalled();
});
