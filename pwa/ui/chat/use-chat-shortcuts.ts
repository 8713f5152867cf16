/**
 * What the keyboard shortcuts do in a chat.
 *
 * @module
 */
import { useShortcuts } from '../shortcuts.ts';
import type { Chats } from './chats.ts';
import type { ChatSession } from './session.ts';
import { splitThoughts } from './thoughts.ts';

interface ChatShortcuts {
  session: ChatSession;
  chats: Chats;
  /** Shows or hides the list; with `search`, shows it with the focus in its search. */
  onList: (search?: 'search') => void;
  onOpenModels: () => void;
  onHelp: () => void;
}

export function useChatShortcuts({ session, chats, onList, onOpenModels, onHelp }: ChatShortcuts): void {
  const toComposer = () => document.querySelector<HTMLElement>('.composer textarea')?.focus();
  // From what is so when a key is pressed, which may not be drawn yet.
  useShortcuts(() => {
    const { messages, streaming } = session.value;
    const answer = messages.findLast(({ role, text }) => role === 'assistant' && text !== '');
    const idle = messages.length > 0 && !streaming;
    return {
      'new-chat': () => {
        session.newChat();
        toComposer();
      },
      search: () => onList('search'),
      list: () => onList(),
      'previous-chat': () => void chats.step(-1),
      'next-chat': () => void chats.step(1),
      composer: toComposer,
      'edit-last': idle ? () => session.beginEdit() : undefined,
      stop: streaming && (() => session.stop()),
      regenerate: idle ? () => void session.retry() : undefined,
      'copy-last':
        answer &&
        (() =>
          void navigator.clipboard.writeText(splitThoughts(answer.text).answer).then(
            () => chats.tell('Answer copied'),
            () => chats.tell('Copying was refused'),
          )),
      models: onOpenModels,
      help: onHelp,
    };
  });
}
