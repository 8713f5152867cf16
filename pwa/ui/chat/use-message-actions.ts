/**
 * What a person does with messages, and what assistive technology is told of it.
 *
 * @module
 */
import { useMemo, useState } from 'preact/hooks';
import type { MessageActions } from './message.tsx';
import type { ChatSession } from './session.ts';

/**
 * @param focusList what was clicked is gone: the keyboard goes on from the list
 * @param hold leaves what was clicked where it is on the screen
 */
export function useMessageActions(session: ChatSession, focusList: () => void, hold: (button: HTMLElement) => void) {
  const [news, setNews] = useState({ text: '' });
  const actions = useMemo<MessageActions>(
    () => ({
      edit: ({ id }) => session.beginEdit(id),
      endEdit() {
        session.endEdit();
        focusList();
      },
      save({ id }, text) {
        void session.edit(id, text);
        focusList();
      },
      regenerate({ id }) {
        setNews({ text: 'Writing another version.' });
        void session.regenerate(id);
        focusList();
      },
      continueAnswer() {
        void session.continueAnswer();
        focusList();
      },
      show(message, position, button) {
        const { ids } = session.versionsOf(message);
        const id = ids[position];
        if (id === undefined) return;
        hold(button);
        session.switchTo(id);
        setNews({ text: `Version ${position + 1} of ${ids.length}.` });
      },
    }),
    [session],
  );
  const tell = (text: string) => setNews({ text });
  return { actions, news, tell };
}
