/**
 * What was typed and not sent when a window went away is there in the next one: popups close at a click beside them, and phones end what
 * is not seen. While a window is seen, its draft is its own.
 *
 * @module
 */
const KEY = 'localllm-draft';

interface Drafting {
  draft: string;
}

/** Sessions whose drafts outlive their window. */
const kept = new WeakSet<Drafting>();

/** Keeps the draft whenever the page is hidden or left, for as long as the page lives. */
export function keepDraft(session: Drafting): void {
  kept.add(session);
  const keep = (): void => {
    if (session.draft.trim() === '') return;
    try {
      localStorage.setItem(KEY, session.draft);
    } catch {
      // Too long for what is left there: it goes with the window.
    }
  };
  const turned = (): void => {
    if (document.visibilityState === 'hidden') return keep();
    // Another window may have kept its own since.
    if (localStorage.getItem(KEY) === session.draft) localStorage.removeItem(KEY);
  };
  addEventListener('pagehide', keep);
  document.addEventListener('visibilitychange', turned);
}

/** What is typed so far where a question is about to be written: at first what another window left behind, which is then gone there. */
export function draftOf(session: Drafting): string {
  if (session.draft === '' && kept.has(session)) {
    session.draft = localStorage.getItem(KEY) ?? '';
    localStorage.removeItem(KEY);
  }
  return session.draft;
}
