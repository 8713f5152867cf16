import { expect, test } from 'vitest';
import { createFleetingHistory } from './fleeting-history.ts';
import type { ChatMessage, ConversationRecord } from './records.ts';

const chat = (id: string, updatedMs: number): ConversationRecord => ({
  id,
  title: id,
  titledBy: 'question',
  createdMs: 0,
  updatedMs,
  settings: {},
});
const message = (id: string, createdMs: number): ChatMessage => ({
  id,
  parent: null,
  role: 'user',
  text: id,
  createdMs,
  status: 'complete',
});

test('chats come back latest first, their messages oldest first; what is saved again takes the place of what was', async () => {
  const history = createFleetingHistory();
  await history.save(chat('old', 1), message('b', 2));
  await history.save(chat('old', 1), message('a', 1));
  await history.saveAll([{ conversation: chat('new', 2), messages: [message('c', 3)] }]);
  await history.saveConversation(chat('bare', 3));
  await history.save(chat('old', 4), { ...message('a', 1), text: 'again' });
  expect((await history.list()).map(({ id }) => id)).toEqual(['old', 'bare', 'new']);
  expect((await history.messages('old')).map(({ text }) => text)).toEqual(['again', 'b']);
  expect(await history.messages('bare')).toEqual([]);
  const all = (await Array.fromAsync(history.allMessages())).flat();
  expect(all.map(({ conversationId, id }) => `${conversationId} ${id}`).sort()).toEqual(['new c', 'old a', 'old b']);
});

test('of what is removed nothing is left, and two views share nothing', async () => {
  const [history, other] = [createFleetingHistory(), createFleetingHistory()];
  await history.save(chat('one', 1), message('a', 1));
  await history.save(chat('two', 2), message('b', 1));
  expect(await other.list()).toEqual([]);
  await history.remove('one');
  expect((await history.list()).map(({ id }) => id)).toEqual(['two']);
  expect(await history.messages('one')).toEqual([]);
  await history.clear();
  expect(await history.list()).toEqual([]);
  expect((await Array.fromAsync(history.allMessages())).flat()).toEqual([]);
});
