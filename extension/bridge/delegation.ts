/**
 * Whether the page that shows a frame lets it use localLLM: asked of the content script in the tab's top frame, whose own sender
 * the browser states.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import type { DelegationCall } from './page-messages.ts';
import type { Asker, FrameSender, PageSender } from './sender.ts';

/** A content script answers within milliseconds; where there is none it never does. */
const ANSWER_TIMEOUT_MS = 2_000;
const REFUSED =
  'This frame may not use localLLM. The page that shows it has to name its origin: <meta name="localllm-allow" content="https://…">.';

export class Delegations {
  readonly #waiting = new Map<string, (answer: { top: PageSender; allows: boolean }) => void>();

  /** The frame as a page that speaks for itself inside the page at the top; refused where that one does not say so. */
  async resolve(frame: FrameSender): Promise<Exclude<Asker, { kind: 'own' } | { kind: 'frame' }>> {
    const refused = { kind: 'refused', reason: REFUSED } as const;
    const id = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<{ top: PageSender; allows: boolean } | undefined>();
    this.#waiting.set(id, resolve);
    const timer = setTimeout(() => resolve(undefined), ANSWER_TIMEOUT_MS);
    const call: DelegationCall = { localllm: 'delegation', id, origin: frame.origin };
    browser.tabs.sendMessage(frame.tabId, call, { frameId: 0 }).catch(() => resolve(undefined));
    const answer = await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (!answer?.allows || answer.top.tabId !== frame.tabId) return refused;
    const { origin: top, documentId: topDocumentId } = answer.top;
    return { ...frame, kind: 'page', top, topDocumentId };
  }

  /** Takes an answer of a content script; false where the message is none. */
  take(message: unknown, asker: Asker): boolean {
    const answer = message as { localllm?: unknown; id?: unknown; allows?: unknown } | null;
    if (answer?.localllm !== 'delegation') return false;
    // A frame that answers for the page around it is not asked.
    if (asker.kind === 'page') this.#waiting.get(String(answer.id))?.({ top: asker, allows: answer.allows === true });
    return true;
  }
}
