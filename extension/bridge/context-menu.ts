/**
 * The background's part of asking about what is shown: the context menu, the keyboard, and the panel that they open.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { MAX_CHARACTERS } from '../page-text/limits.ts';
import { hasSidePanel, leaveAsk, openSidePanel } from './side-panel.ts';
import type { Ask } from './side-panel.ts';

type AskOf = Pick<Ask, 'what' | 'frameId' | 'text'>;
type Tab = Parameters<Parameters<typeof browser.contextMenus.onClicked.addListener>[0]>[1];

export const ASK_SELECTION = 'ask-selection';
export const ASK_PAGE = 'ask-page';
export const OPEN_PANEL = 'open-panel';
/** Names of commands in the manifest. */
export const COMMANDS = { panel: 'open-side-panel', ask: 'ask-about-this' };

/** What Chromium lets extensions read at all; a selection may be of the PDF viewer, too. */
const READABLE = ['http://*/*', 'https://*/*', 'file:///*'];

/** Registers every listener; must run in the background's first turn. Browsers that lack a part do without it. */
export function offerAsking(): void {
  browser.runtime.onInstalled.addListener(() => void createMenus().catch(() => {})); // its icon and keys do the same
  browser.contextMenus?.onClicked.addListener(({ menuItemId, frameId, selectionText }, tab) => {
    if (menuItemId === OPEN_PANEL) return open(tab);
    if (menuItemId === ASK_PAGE) return open(tab, { what: 'page' });
    if (menuItemId !== ASK_SELECTION) return;
    const text = selectionText?.slice(0, MAX_CHARACTERS);
    open(tab, { what: 'selection', ...(frameId !== undefined && { frameId }), ...(text && { text }) });
  });
  browser.commands?.onCommand.addListener((command, tab) => {
    if (command === COMMANDS.panel) open(tab);
    if (command === COMMANDS.ask) open(tab, { what: 'either' });
  });
}

/** The browser keeps them until the extension is updated. */
async function createMenus(): Promise<void> {
  await browser.contextMenus?.removeAll();
  browser.contextMenus?.create({
    id: ASK_SELECTION,
    title: 'Ask localLLM about “%s”',
    contexts: ['selection'],
  });
  browser.contextMenus?.create({
    id: ASK_PAGE,
    title: 'Ask localLLM about this page',
    contexts: ['page', 'action'],
    documentUrlPatterns: READABLE,
  });
  if (hasSidePanel()) {
    browser.contextMenus?.create({ id: OPEN_PANEL, title: 'Open in side panel', contexts: ['action'] });
  }
}

/** In the turn of the click: the browser opens no panel later, and lets nobody read the tab without one. */
function open(tab: Tab, ask?: AskOf): void {
  if (tab?.windowId === undefined) return;
  if (tab.windowId < 0) return void openForShown(ask).catch(() => {}); // nothing is shown any more
  void openSidePanel(tab.windowId).catch(() => {}); // the ask waits for a panel that the person opens otherwise
  leave(tab, ask);
}

/** Chromium's PDF viewer is a page of another extension: a click in it names no tab and no window, but -1. The one in front is meant. */
async function openForShown(ask: AskOf | undefined): Promise<void> {
  const [tab] = await browser.tabs.query({ active: true, lastFocusedWindow: true });
  if (!tab) return;
  leave(tab, ask);
  const { windowId } = tab;
  // Later than in the turn of the click a window of its own comes for the panel, and none is needed beside one that is open.
  const panels = await browser.runtime.getContexts({ contextTypes: ['SIDE_PANEL'], windowIds: [windowId] });
  if (panels.length === 0) await openSidePanel(windowId);
}

function leave(tab: NonNullable<Tab>, ask: AskOf | undefined): void {
  if (!ask || tab.id === undefined) return;
  const { windowId, id: tabId } = tab;
  // Of a private window nothing is kept; the panel says why.
  const { text: _, ...rest } = ask;
  void leaveAsk({ windowId, tabId, ...(tab.incognito ? rest : ask) });
}
