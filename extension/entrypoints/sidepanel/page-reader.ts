/**
 * Reads the tab beside the panel, by scripts that run where the page's own cannot reach, and only where the browser allows it: after
 * the person asked from that page, or on sites that the person allowed. No message of a page has a part in it.
 *
 * @module
 */
import * as v from 'valibot';
import { browser } from 'wxt/browser';
import type { Browser } from 'wxt/browser';
import type { PageAsk, PagePart, PageReading, PageSource } from '../../../pwa/ui/panel/page-source.ts';
import { takeAsks, watchAsks } from '../../bridge/side-panel.ts';
import type { Ask } from '../../bridge/side-panel.ts';
import { askForSite, siteInTab } from '../../bridge/tab-site.ts';
import { MAX_CHARACTERS } from '../../page-text/limits.ts';
import {
  EMPTY,
  FILE,
  NOT_ALLOWED,
  NOTHING_SELECTED,
  NO_ANSWER,
  NO_TAB,
  OWN,
  PDF,
  PRIVATE,
  refusalOf,
} from './refusals.ts';

/** Built from `extension/entrypoints/page-text.ts`. */
const SCRIPT = '/page-text.js';
/** A page that is busy, or waits in a dialog of its own, runs no scripts. */
const READ_MS = 15_000;
const MAX_TITLE = 300;

// What a page's process sends may be of its scripts' making.
const PageTextSchema = v.strictObject({
  contentType: v.pipe(v.string(), v.maxLength(200)),
  text: v.pipe(v.string(), v.maxLength(MAX_CHARACTERS)),
  cut: v.boolean(),
});

/** `windowId`: the window whose tabs the panel stands beside. */
export function createPageReader(windowId: number): PageSource {
  return {
    read: async (part) => {
      const [tab] = await browser.tabs.query({ active: true, windowId });
      return tab?.id === undefined ? { message: NO_TAB } : readTab(tab.id, { what: part });
    },
    take: async () =>
      (await takeAsks(windowId)).map(
        (ask): PageAsk =>
          () =>
            readTab(ask.tabId, ask),
      ),
    watch: watchAsks,
  };
}

type Wanted = Pick<Ask, 'what' | 'frameId' | 'text'>;

async function readTab(tabId: number, wanted: Wanted): Promise<PageReading> {
  try {
    const tab = await browser.tabs.get(tabId);
    if (tab.incognito) return { message: PRIVATE };
    if (tab.url?.startsWith(`${location.origin}/`)) return { message: OWN };
    return await readAs(tabId, wanted);
  } catch (error) {
    return { message: refusalOf(error) };
  }
}

async function readAs(tabId: number, wanted: Wanted): Promise<PageReading> {
  const { what, frameId, text } = wanted;
  try {
    if (what === 'page') return await readPage(tabId);
    const selected = await inTime(readSelection(tabId, frameId)).catch((error: unknown) => {
      // What the browser gave is the person's choice, whoever holds the page.
      if (text !== undefined) return '';
      throw error;
    });
    const best = text === undefined || flat(selected).startsWith(flat(text)) ? selected : text;
    if (best.trim() !== '') return await attachment(tabId, 'selection', best, best.length >= MAX_CHARACTERS);
    return what === 'either' ? await readPage(tabId) : { message: NOTHING_SELECTED };
  } catch (error) {
    const message = refusalOf(error);
    if (message !== NOT_ALLOWED) return { message };
    // Known where the person asked from the page: then asking once more is of no help.
    if ((await browser.tabs.get(tabId)).url?.startsWith('file:')) return { message: FILE };
    const site = await siteInTab(tabId);
    if (site === undefined) return { message };
    const read = async (): Promise<PageReading> =>
      (await askForSite(site))
        ? readTab(tabId, wanted)
        : { message: `${new URL(site).host} was not allowed. ${message}` };
    return { message, allow: { site: new URL(site).host, read } };
  }
}

async function readPage(tabId: number): Promise<PageReading> {
  const [found] = await inTime(browser.scripting.executeScript({ target: { tabId }, files: [SCRIPT] }));
  const { success, output } = v.safeParse(PageTextSchema, found?.result);
  if (!success) return { message: NO_ANSWER };
  if (output.contentType === 'application/pdf') return { message: PDF };
  return output.text === '' ? { message: EMPTY } : attachment(tabId, 'page', output.text, output.cut);
}

/** In the frame where it was made, or else in the page, or in one of its frames that the browser lets us read. */
async function readSelection(tabId: number, frameId: number | undefined): Promise<string> {
  const target = frameId === undefined ? { tabId, allFrames: true } : { tabId, frameIds: [frameId] };
  // Chromium gives what is marked in shadow trees and text fields, too, and dots for passwords.
  const found = await browser.scripting.executeScript({ target, func: () => String(getSelection() ?? '') });
  const results: unknown[] = found.toSorted((a, b) => a.frameId - b.frameId).map(({ result }) => result);
  const texts = results.filter((result) => typeof result === 'string');
  return (texts.find((text) => text.trim() !== '') ?? '').slice(0, MAX_CHARACTERS);
}

async function attachment(tabId: number, part: PagePart, text: string, cut: boolean): Promise<PageReading> {
  // Of the browser, not of the page.
  const { title: raw = '', url = '' }: Browser.tabs.Tab = await browser.tabs.get(tabId);
  const title = clean(raw).replace(/\s+/g, ' ').slice(0, MAX_TITLE);
  const name = title || (URL.canParse(url) && new URL(url).host) || 'Page';
  const about = [title && `Page: ${title}`, url && `Address: ${url.slice(0, 500)}`].filter(Boolean);
  const whole = [about.join('\n'), clean(text)].filter(Boolean).join('\n\n');
  return { attachment: { name: part === 'selection' ? `Selection: ${name}` : name, text: whole }, cut };
}

/** Without characters that nobody sees and a model reads: tags, marks of direction, joints without width. */
function clean(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\u00ad\u200b\u202a-\u202e\u2060-\u2069\ufeff]|[\u{e0000}-\u{e007f}]/gu, '')
    .trim();
}

function flat(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(NO_ANSWER)), READ_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
