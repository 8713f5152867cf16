/**
 * What was typed and attached and not sent when a window went away is there in the next one: popups close at a click beside them, and
 * phones end what is not seen. While a window is seen, its draft is its own.
 *
 * In `localStorage`: what is written there is kept though the page is gone the next moment.
 *
 * @module
 */
import * as v from 'valibot';
import { MAX_TEXT_CHARS } from '../../../engine/protocol/messages.ts';
import type { ChatSession } from './session.ts';

const KEY = 'localllm-draft';

const DraftSchema = v.object({
  text: v.string(),
  attachments: v.array(v.object({ name: v.string(), text: v.string() })),
});
type Draft = v.InferOutput<typeof DraftSchema>;

type Drafting = Pick<ChatSession, 'draft' | 'value' | 'attach'>;

/** Sessions whose drafts outlive their window. */
const kept = new WeakSet<Drafting>();

/** Keeps the draft whenever the page is hidden or left, for as long as the page lives. */
export function keepDraft(session: Drafting, keepsAttachments = true): void {
  kept.add(session);
  /** What this window left there. */
  let own: string | undefined;
  const keep = (): void => {
    const { draft: text, value } = session;
    const attachments = keepsAttachments ? value.draftAttachments : [];
    if (text.trim() === '' && attachments.length === 0) return;
    // More than any prompt can hold, or than there is room for, goes with the window.
    const chars = attachments.reduce((sum, attachment) => sum + attachment.text.length, 0);
    own =
      (chars <= MAX_TEXT_CHARS && written({ text, attachments: [...attachments] })) ||
      written({ text, attachments: [] });
  };
  const turned = (): void => {
    if (document.visibilityState === 'hidden') return keep();
    // Another window may have kept its own since.
    if (own !== undefined && localStorage.getItem(KEY) === own) localStorage.removeItem(KEY);
  };
  addEventListener('pagehide', keep);
  document.addEventListener('visibilitychange', turned);
}

/** What is typed so far where a question is about to be written: at first what another window left behind, which is then gone there. */
export function draftOf(session: Drafting): string {
  const untouched = session.draft === '' && session.value.draftAttachments.length === 0;
  if (untouched && kept.has(session)) {
    const { text, attachments } = read(localStorage.getItem(KEY) ?? '');
    localStorage.removeItem(KEY);
    session.draft = text;
    for (const attachment of attachments) session.attach(attachment);
  }
  return session.draft;
}

/** Returns what lies there now; undefined where there is no room for it. */
function written(draft: Draft): string | undefined {
  const json = JSON.stringify(draft);
  try {
    localStorage.setItem(KEY, json);
    return json;
  } catch {
    return undefined;
  }
}

function read(stored: string): Draft {
  try {
    return v.parse(DraftSchema, JSON.parse(stored));
  } catch {
    return { text: stored, attachments: [] }; // of a version that kept the text alone
  }
}
