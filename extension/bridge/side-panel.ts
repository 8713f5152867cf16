/**
 * The side panel as the rest of the extension sees it: how it is opened, and what it is asked to read. What it is asked lies in
 * the session's storage until a panel takes it, so it outlives the background and waits for a panel that is still loading.
 *
 * @module
 */
import * as v from 'valibot';
import { browser } from 'wxt/browser';
import { MAX_CHARACTERS } from '../page-text/limits.ts';

const WINDOW_SIZE = { width: 420, height: 720 };
const KEY = 'panel-ask:';
/** What nobody took by then belongs to a click that the person has forgotten. */
const ASK_LIFE_MS = 120_000;
/** Held while asks are taken: two panels must not take the same one. */
const LOCK = 'localllm-panel-asks';

const AskSchema = v.strictObject({
  /** Where the person asked. */
  windowId: v.number(),
  tabId: v.number(),
  /** 'either': the selection where there is one, else the page. */
  what: v.picklist(['page', 'selection', 'either']),
  /** Of a selection. */
  frameId: v.exactOptional(v.number()),
  /** The selection as the browser gave it, its lines run together. */
  text: v.exactOptional(v.pipe(v.string(), v.maxLength(MAX_CHARACTERS))),
  askedMs: v.number(),
});
/** What the person wants the panel of a window to attach. */
export type Ask = v.InferOutput<typeof AskSchema>;

/** Whether this browser has a side panel for extensions: Chromium does, Firefox and Safari do not. */
export function hasSidePanel(): boolean {
  return 'sidePanel' in browser;
}

/**
 * Opens the panel of a window, in the very turn of the click or key that asks for it: the browser refuses it later. Where there is no
 * side panel, or it does not open, the same chat comes in a window of its own.
 */
export async function openSidePanel(windowId: number): Promise<void> {
  try {
    if (hasSidePanel()) return await browser.sidePanel.open({ windowId });
  } catch {
    // A window without room for panels, such as an installed app's.
  }
  await openPanelWindow(windowId);
}

async function openPanelWindow(windowId: number): Promise<void> {
  const url = `${location.origin}/sidepanel.html?window=${windowId}`;
  const [open] = await browser.tabs.query({ url });
  if (open) await browser.windows.update(open.windowId, { focused: true });
  else await browser.windows.create({ url, type: 'popup', focused: true, ...WINDOW_SIZE });
}

export async function leaveAsk(ask: Omit<Ask, 'askedMs'>): Promise<void> {
  const record: Ask = { ...ask, askedMs: Date.now() };
  await browser.storage.session.set({ [`${KEY}${crypto.randomUUID()}`]: record });
}

/** Takes what the panel of a window is asked, oldest first: nobody gets it again. */
export function takeAsks(windowId: number): Promise<Ask[]> {
  return navigator.locks.request(LOCK, async () => {
    const stored = await browser.storage.session.get(null);
    const mine: [key: string, ask: Ask][] = [];
    const gone: string[] = [];
    for (const [key, value] of Object.entries(stored)) {
      if (!key.startsWith(KEY)) continue;
      const { success, output } = v.safeParse(AskSchema, value);
      if (!success || Date.now() - output.askedMs > ASK_LIFE_MS) gone.push(key);
      else if (output.windowId === windowId) mine.push([key, output]);
    }
    await browser.storage.session.remove([...gone, ...mine.map(([key]) => key)]);
    return mine.map(([, ask]) => ask).sort((a, b) => a.askedMs - b.askedMs);
  });
}

/** Calls back when there may be something to take. */
export function watchAsks(listener: () => void): () => void {
  const onChanged = (changes: object, area: string): void => {
    if (area === 'session' && Object.keys(changes).some((key) => key.startsWith(KEY))) listener();
  };
  browser.storage.onChanged.addListener(onChanged);
  return () => browser.storage.onChanged.removeListener(onChanged);
}
