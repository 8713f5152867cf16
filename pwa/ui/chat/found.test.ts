import { expect, test, vi } from 'vitest';
import type { ChatMessage } from '../history/records.ts';
import { showBranch, wayTo } from './found.ts';
import type { ChatState } from './session.ts';

const message = (id: string) => ({ id }) as ChatMessage;
const found = { chatId: 'c', messageId: 'm', terms: ['x'] };

function open(state: Partial<ChatState>) {
  const conversation = { id: 'c' } as ChatState['conversation'] & {};
  const value: ChatState = {
    opened: true,
    conversation,
    settings: {},
    messages: [message('a')],
    draftAttachments: [],
    ...state,
  };
  return { value, switchTo: vi.fn() };
}

test('the branch is changed only where it lacks the message, and never while an answer is written', () => {
  const here = open({ messages: [message('a'), message('m')] });
  const elsewhere = open({});
  const busy = open({ streaming: message('b') });
  const writing = open({ streaming: message('m') });
  expect([here, elsewhere, busy, writing].map((session) => showBranch(session, found))).toEqual([
    found,
    found,
    undefined,
    found,
  ]);
  expect([here, busy, writing].flatMap(({ switchTo }) => switchTo.mock.calls)).toEqual([]);
  expect(elsewhere.switchTo.mock.calls).toEqual([['m']]);
});

test('a chat that took the place of the one that was found keeps its branch', () => {
  const other = open({ conversation: { id: 'd' } as ChatState['conversation'] & {} });
  expect(showBranch(other, found)).toBeUndefined();
  expect(other.switchTo).not.toHaveBeenCalled();
});

test('words are shown with the beginning of their message where there is room, else in the upper part', () => {
  const seenAt = (top: number, words: number, height: number) => {
    const way = wayTo({ top }, { top: words, bottom: words + 20 }, height);
    return { message: top - way, words: words - way };
  };
  expect(seenAt(-3000, -2900, 600)).toEqual({ message: 72, words: 172 });
  expect(seenAt(900, 900, 600)).toEqual({ message: 72, words: 72 });
  expect(seenAt(-3000, 2000, 600).words).toBe(200);
  expect(seenAt(0, 100, 120).words).toBe(40);
  expect(seenAt(0, 0, 120).message).toBe(30);
});
