/**
 * The content script: answers what the background asks of its document.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { PING } from './page-messages.ts';
import type { DelegationCall, Here, WhereCall } from './page-messages.ts';

// Of the prototype: elements of the page may bear the names of the document's own methods.
const { querySelectorAll } = Document.prototype;

export function answerDocumentCalls(): void {
  browser.runtime.onMessage.addListener((message: unknown, sender, reply: (value: unknown) => void) => {
    if (sender.id !== browser.runtime.id) return;
    if (message === PING) return reply(true);
    const asked = message as Partial<WhereCall> | null;
    if (asked?.localllm === 'where' && typeof asked.id === 'string') return say({ localllm: 'here', id: asked.id });
    const call = message as Partial<DelegationCall> | null;
    if (call?.localllm !== 'delegation' || typeof call.origin !== 'string') return;
    say({ localllm: 'delegation', id: call.id, allows: allowsFrames(document, call.origin) });
  });
}

/** As a message of its own: with it the browser says which document this is. */
function say(answer: Here | { localllm: 'delegation'; id: string | undefined; allows: boolean }): void {
  void browser.runtime.sendMessage(answer).catch(() => {});
}

/**
 * Whether the document names the origin in its head, as in `<meta name="localllm-allow" content="https://a.example https://b.example">`.
 * In the head only: what a site lets its users write does not get there.
 */
export function allowsFrames(page: Document, origin: string): boolean {
  const metas: NodeListOf<Element> = querySelectorAll.call(page, 'html > head > meta[name="localllm-allow" i]');
  return [...metas].some((meta) => (meta.getAttribute('content') ?? '').split(/\s+/).includes(origin));
}
