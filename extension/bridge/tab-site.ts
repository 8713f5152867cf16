/**
 * Which site a tab shows, where the browser keeps that to itself: our content script in it sends a message, and the browser says whose
 * that is.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import type { Sender } from './sender.ts';
import { allowReading } from '../permissions/client.ts';
import { hostPermission } from '../permissions/host-permission.ts';
import type { Here, WhereCall } from './page-messages.ts';

const ANSWER_MS = 1000;

/** 'https://example.org'; undefined where no content script of ours runs: the browser's own pages, or a tab from before the installation. */
export async function siteInTab(tabId: number): Promise<string | undefined> {
  const id = crypto.randomUUID();
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const listener = (message: unknown, sender: Sender): void => {
    const { localllm, id: answered } = (message ?? {}) as Partial<Here>;
    if (localllm !== 'here' || answered !== id || sender.id !== browser.runtime.id) return;
    if (sender.tab?.id !== tabId || sender.frameId !== 0 || !sender.url) return;
    const { protocol, origin } = new URL(sender.url);
    resolve(protocol === 'https:' || protocol === 'http:' ? origin : undefined);
  };
  const timer = setTimeout(() => resolve(undefined), ANSWER_MS);
  browser.runtime.onMessage.addListener(listener);
  browser.tabs
    .sendMessage(tabId, { localllm: 'where', id } satisfies WhereCall, { frameId: 0 })
    .catch(() => resolve(undefined));
  const site = await promise;
  clearTimeout(timer);
  browser.runtime.onMessage.removeListener(listener);
  return site;
}

/** Asks the browser, which asks the person, and notes a yes where our settings list it. In a click only. */
export async function askForSite(origin: string): Promise<boolean> {
  const leave = hostPermission(origin);
  try {
    // First of all: the browser asks only while the click is fresh.
    if (!(await browser.permissions.request(leave))) return false;
  } catch {
    return false; // the click is too long ago
  }
  try {
    await allowReading(origin);
    return true;
  } catch (error) {
    // Nothing stays allowed that nobody would find again.
    await browser.permissions.remove(leave).catch(() => false);
    throw error;
  }
}
