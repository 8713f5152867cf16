/**
 * Who is at the other end of a port or a message: decided here alone, from what the browser says of the sender.
 *
 * @module
 */
import type { Browser } from 'wxt/browser';

export type Sender = Browser.runtime.MessageSender;

interface DocumentSender {
  /** 'https://example.org' */
  origin: string;
  /** In a private window. */
  private?: true;
  tabId: number;
  /** Changes with every navigation to another document. */
  documentId: string;
}
/** A document of a site: what a grant can be given to. */
export interface PageSender extends DocumentSender {
  kind: 'page';
  /** Of a frame: origin and document of the page that shows it and lets it ask. */
  top?: string;
  topDocumentId?: string;
}
/** A frame of which nobody knows yet whether the page that shows it lets it ask. */
export interface FrameSender extends DocumentSender {
  kind: 'frame';
}
export type Asker =
  | PageSender
  | FrameSender
  /** A page of this extension. */
  | { kind: 'own'; url: URL }
  | { kind: 'refused'; reason: string };

/** `self`: this extension's id and origin, as `browser.runtime` gives them. */
export function identifySender(sender: Sender | undefined, self: { id: string; origin: string }): Asker {
  if (!sender || sender.id !== self.id) return refused('Only localLLM itself may connect here.');
  if (sender.documentLifecycle !== undefined && sender.documentLifecycle !== 'active') {
    return refused('This page is not shown yet. Open it to use localLLM.');
  }
  const url = parseUrl(sender.url);
  if (!url) return refused('localLLM cannot tell which page this is.');
  // Not `url.origin`: outside a browser it is 'null' for an extension's pages.
  return `${url.protocol}//${url.host}` === self.origin ? ownPage(sender, url, self.origin) : page(sender, url);
}

function ownPage(sender: Sender, url: URL, ownOrigin: string): Asker {
  // A page of ours inside another site's page would lend that site its rights.
  if ((sender.frameId ?? 0) !== 0) return refused("localLLM's own pages do not work inside other pages.");
  if (sender.origin !== undefined && sender.origin !== ownOrigin) {
    return refused('localLLM cannot tell which page this is.');
  }
  return { kind: 'own', url };
}

function page(sender: Sender, url: URL): Asker {
  const { origin, tab, frameId, documentId } = sender;
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refused(`localLLM does not work on ${url.protocol} pages. Serve the page over http or https.`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    return refused('localLLM works on secure pages only. Serve the page over https.');
  }
  if (origin === undefined || origin === 'null' || origin !== parseUrl(origin)?.origin) {
    return refused('This page has no origin of its own (it is sandboxed); localLLM cannot ask for it.');
  }
  if (origin !== url.origin || tab?.id === undefined || frameId === undefined || documentId === undefined) {
    return refused('localLLM cannot tell which page this is. Reload the page.');
  }
  const found = { origin, tabId: tab.id, documentId, ...(tab.incognito && { private: true as const }) };
  return { kind: frameId === 0 ? 'page' : 'frame', ...found };
}

/** Plain http stays on this machine. As in https://www.w3.org/TR/secure-contexts/#is-origin-trustworthy */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

function refused(reason: string): Asker {
  return { kind: 'refused', reason };
}

function parseUrl(text: string | undefined): URL | undefined {
  return text !== undefined && URL.canParse(text) ? new URL(text) : undefined;
}
