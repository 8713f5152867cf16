/**
 * Asks the browser to keep what is stored, when it means something: as soon as the app is installed, and at the first answer, before
 * which there is nothing of the person's to lose. Some browsers ask the person, so it is asked once.
 *
 * @module
 */
import type { ChatState } from '../ui/chat/session.ts';

export interface PersistenceOptions {
  /** `navigator.storage`, or what the browser has of it. */
  storage: Partial<Pick<StorageManager, 'persist' | 'persisted'>> | undefined;
  session: { readonly value: Pick<ChatState, 'messages' | 'streaming'>; subscribe(listener: () => void): () => void };
  /** Hears `appinstalled`. */
  window: EventTarget;
  /** The app runs in its own window. */
  installed: boolean;
}

export function askToKeep({ storage, session, window, installed }: PersistenceOptions): void {
  let asked = false;
  const ask = async (): Promise<void> => {
    if (asked) return;
    asked = true;
    stop();
    try {
      if (!(await storage?.persisted?.())) await storage?.persist?.();
    } catch {
      // a context that may not ask
    }
  };
  let writing = false;
  const stop = session.subscribe(() => {
    const { streaming, messages } = session.value;
    if (writing && !streaming && messages.at(-1)?.status === 'complete') void ask();
    writing = streaming !== undefined;
  });
  window.addEventListener('appinstalled', () => void ask());
  if (installed) void ask();
}
