import { expect, test, vi } from 'vitest';
import { createClient } from '../../../engine/client/index.ts';
import { toJson } from '../history/export-json.ts';
import type { ChatHistory } from '../history/history.ts';
import type { ChatMessage, ConversationRecord, WholeChat } from '../history/records.ts';
import { rowsOf } from './chat-rows.ts';
import { fileOfAllChats, fileOfChat } from './chat-files.ts';
import { Chats } from './chats.ts';
import type { Found } from './found.ts';
import { ChatSession } from './session.ts';

function memoryHistory(): ChatHistory & { full: boolean } {
  const chats = new Map<string, { conversation: ConversationRecord; messages: Map<string, ChatMessage> }>();
  const of = (id: string) => [...(chats.get(id)?.messages.values() ?? [])];
  const history: ChatHistory & { full: boolean } = {
    full: false,
    list: async () => [...chats.values()].map((c) => c.conversation).sort((a, b) => b.updatedMs - a.updatedMs),
    messages: async (id) => of(id),
    async *allMessages() {
      for (const id of chats.keys()) yield of(id).map((message) => ({ ...message, conversationId: id }));
      return undefined;
    },
    saveConversation: async (conversation) =>
      void chats.set(conversation.id, { conversation, messages: chats.get(conversation.id)?.messages ?? new Map() }),
    save: async (conversation, message) => {
      await history.saveConversation(conversation);
      chats.get(conversation.id)?.messages.set(message.id, message);
    },
    async saveAll(all) {
      if (history.full) throw new Error('There is no room left to save chats.');
      for (const { conversation, messages } of all) {
        chats.set(conversation.id, { conversation, messages: new Map(messages.map((m) => [m.id, m])) });
      }
    },
    remove: async (id) => void chats.delete(id),
    clear: async () => chats.clear(),
  };
  return history;
}

function chat(id: string, updatedMs: number, answer = `About ${id}.`): WholeChat {
  const of = { createdMs: updatedMs, status: 'complete' } as const;
  return {
    conversation: { id, title: `Chat ${id}`, titledBy: 'question', createdMs: updatedMs, updatedMs, leaf: '1' },
    messages: [
      { ...of, id: '0', parent: null, role: 'user', text: `What is ${id}?` },
      { ...of, id: '1', parent: '0', role: 'assistant', text: answer },
    ],
  };
}

async function setup(...all: WholeChat[]) {
  const history = memoryHistory();
  await history.saveAll(all);
  const elsewhere = new Set<string>();
  const client = createClient(() => ({ send() {}, close() {} }));
  const claim = async (id: string) => (elsewhere.has(id) ? undefined : () => {});
  const session = new ChatSession({ client, history, claim });
  const found: (Found | undefined)[] = [];
  const chats = new Chats({ session, claimed: async () => elsewhere, onFound: (one) => found.push(one) });
  await chats.refresh();
  const titles = () => rowsOf(chats.value).map(({ chat: { title } }) => title);
  const record = (id: string) => chats.value.chats!.find((one) => one.id === id)!;
  return { history, elsewhere, session, chats, titles, record, found };
}

test('titles and texts are searched; what was found in a text is shown', async () => {
  const { chats, titles } = await setup(chat('a', 3), chat('b', 2, 'The crème brûlée of b'), chat('c', 1));
  await chats.search('BRULEE creme');
  expect(titles()).toEqual(['Chat b']);
  const [row] = rowsOf(chats.value);
  expect(row?.hit?.snippet.filter(({ found }) => found).map(({ text }) => text)).toEqual(['crème', 'brûlée']);
  await chats.search('chat b');
  expect(titles()).toEqual(['Chat b']);
  const old = chats.search('about a');
  await chats.search('about c');
  await old;
  expect([...chats.value.hits!.keys()]).toEqual(['c']);
  await chats.search('  ');
  expect(titles()).toHaveLength(3);
  expect(chats.value).toMatchObject({ searching: false });
});

test('the list is read when the open chat is saved, not with each word of it', async () => {
  const { chats, history, session } = await setup(chat('of-tomorrow', 1e15), chat('a', 3));
  await chats.open('a');
  const list = vi.spyOn(history, 'list');
  const stop = chats.follow();
  session.attach({ name: 'a.txt', text: 'alpha' });
  session.attach({ name: 'b.txt', text: 'beta' });
  expect(list).toHaveBeenCalledTimes(1);
  session.setSettings({ seed: 1 });
  expect(list).toHaveBeenCalledTimes(2);
  stop();
});

test('what was found on another branch is shown when its chat is opened', async () => {
  const { conversation, messages } = chat('a', 3);
  const other: ChatMessage = { ...messages[1]!, id: '2', text: 'Another version, with a needle.' };
  const { chats, session, found } = await setup({ conversation, messages: [...messages, other] });
  await chats.open('a');
  expect(session.value.messages.at(-1)?.text).toBe('About a.');
  await chats.search('needle VERSION');
  await chats.open('a');
  expect(session.value.messages.at(-1)?.text).toBe('Another version, with a needle.');
  expect(found).toEqual([undefined, { chatId: 'a', messageId: '2', terms: ['needle', 'version'] }]);
});

test('a chat whose title alone was found, one that is stepped to and one that is opened later are opened as they are', async () => {
  const { chats, session, found } = await setup(chat('a', 3), chat('b', 2), chat('c', 1));
  const stop = chats.follow();
  await chats.search('chat b');
  await chats.open('b');
  expect(found).not.toContainEqual(expect.anything());
  await chats.search('about');
  await chats.open('a');
  expect(found.at(-1)).toMatchObject({ chatId: 'a' });
  await chats.step(1);
  expect([session.value.conversation?.id, found.at(-1)]).toEqual(['b', undefined]);
  await chats.open('c');
  expect(found.at(-1)).toMatchObject({ chatId: 'c' });
  session.newChat();
  expect(found.at(-1)).toBeUndefined();
  await chats.open('c');
  await chats.search('');
  await chats.open('c');
  expect(found.at(-1)).toBeUndefined();
  stop();
});

test('what is deleted can be brought back, several at once, and the open one opens again', async () => {
  const { chats, session, titles, record, history } = await setup(chat('a', 3), chat('b', 2), chat('c', 1));
  await chats.open('b');
  await chats.remove(record('b'));
  expect(session.value.conversation).toBeUndefined();
  expect(chats.value.toast).toEqual({ text: 'Deleted “Chat b”', undo: true });
  await chats.remove(record('a'));
  expect(chats.value.toast?.text).toBe('Deleted 2 chats');
  expect(titles()).toEqual(['Chat c']);
  await chats.undo();
  expect(titles()).toEqual(['Chat a', 'Chat b', 'Chat c']);
  expect(await history.messages('b')).toEqual(chat('b', 2).messages);
  expect(session.value.conversation?.id).toBe('b');
  await chats.undo();
  expect(chats.value.toast?.text).toBe('Brought back 2 chats');
});

test('after some time, or when the toast is closed, a deletion is final', async () => {
  vi.useFakeTimers();
  const { chats, record, titles } = await setup(chat('a', 3), chat('b', 2));
  await chats.remove(record('a'));
  chats.holdToast();
  vi.advanceTimersByTime(60_000);
  expect(chats.value.toast).toBeDefined();
  chats.releaseToast();
  vi.advanceTimersByTime(60_000);
  expect(chats.value.toast).toBeUndefined();
  await chats.undo();
  expect(titles()).toEqual(['Chat b']);
  vi.useRealTimers();
});

test('a chat of another window is neither opened, renamed nor deleted here, and passed over', async () => {
  const { chats, elsewhere, record, titles, session } = await setup(chat('a', 3), chat('b', 2), chat('c', 1));
  elsewhere.add('b');
  expect(await chats.open('b')).toBe(false);
  expect(chats.value.problem).toBe('“Chat b” is open in another window.');
  await chats.rename(record('b'), 'Mine');
  await chats.remove(record('b'));
  expect(chats.value.problem).toContain('Close it there first');
  expect(titles()).toEqual(['Chat a', 'Chat b', 'Chat c']);
  await chats.step(1);
  await chats.step(1);
  expect(session.value.conversation?.id).toBe('c');
  await chats.step(1);
  expect(session.value.conversation?.id).toBe('c');
  await chats.step(-1);
  expect(session.value.conversation?.id).toBe('a');
  await chats.removeAll();
  expect(titles()).toEqual(['Chat b']);
  expect(chats.value.toast?.text).toContain('1 open in other windows');
});

test('a title that a person wrote is kept, also of the chat that is open', async () => {
  const { chats, record, titles, session } = await setup(chat('a', 3), chat('b', 2));
  await chats.open('a');
  await chats.rename(record('a'), '  One ');
  await chats.rename(record('b'), 'Two');
  expect(titles()).toEqual(['One', 'Two']);
  expect(session.value.conversation).toMatchObject({ title: 'One', titledBy: 'person' });
});

test('looking again changes nothing where nothing changed, and what is opened is what was saved last', async () => {
  const { chats, session, history, record } = await setup(chat('a', 3), chat('b', 2));
  const before = chats.value;
  await chats.refresh();
  expect(chats.value).toBe(before);
  await history.saveConversation({ ...record('a'), settings: { temperature: 0.25 } });
  await chats.refresh();
  await chats.open('a');
  expect(session.value.settings).toEqual({ temperature: 0.25 });
});

test('what is exported comes back elsewhere the same; here beside what is there', async () => {
  const here = await setup(chat('a', 3), chat('b', 2));
  const all = await fileOfAllChats(here.history);
  expect(all.name).toMatch(/^localllm-chats-\d{4}-\d\d-\d\d\.json$/);
  const there = await setup();
  await there.chats.import([all]);
  expect(there.titles()).toEqual(['Chat a', 'Chat b']);
  expect(await (await fileOfAllChats(there.history)).text()).toBe(await all.text());
  await here.chats.import([all]);
  expect(here.titles().sort()).toEqual(['Chat a', 'Chat a', 'Chat b', 'Chat b']);
  expect(here.chats.value.toast?.text).toBe('Imported 2 chats');
});

test('one chat that is imported is opened; its branch is what was shown', async () => {
  const { chats, session, record, history } = await setup(chat('a', 3, 'Shown.'));
  const file = await fileOfChat(history, 'a', 'markdown');
  expect(file).toMatchObject({ name: 'Chat a.md', type: 'text/markdown' });
  await chats.remove(record('a'));
  await chats.import([file!]);
  expect(session.value.messages.map(({ text }) => text)).toEqual(['What is a?', 'Shown.']);
  expect(await fileOfChat(history, 'gone', 'json')).toBeUndefined();
});

test('file names are such that every system takes them', async () => {
  const { conversation, messages } = chat('a', 1);
  const names = ['a/b: "c"?\n*', '..', '😀'.repeat(90), 'CON.'].map(async (title) => {
    const { history } = await setup({ conversation: { ...conversation, title }, messages });
    return (await fileOfChat(history, 'a', 'json'))!.name;
  });
  expect(await Promise.all(names)).toEqual(['a b c.json', 'Chat.json', `${'😀'.repeat(60)}.json`, 'CON.json']);
});

test('where one file is refused or there is no room, nothing is imported', async () => {
  const { chats, titles, history } = await setup(chat('a', 3));
  const good = new File([toJson([chat('x', 1), chat('y', 2)])], 'good.json');
  await chats.import([good, new File(['{"format":"localllm-chat","version":9}'], 'new.json')]);
  expect(titles()).toEqual(['Chat a']);
  expect(chats.value.problem).toMatch(/^“new\.json” was not imported\. It was written by a newer localLLM/);
  history.full = true;
  await chats.import([good]);
  expect(chats.value.problem).toContain('no room left');
  expect(titles()).toEqual(['Chat a']);
  history.full = false;
  await chats.import([good]);
  expect(chats.value.problem).toBeUndefined();
  expect(titles()).toHaveLength(3);
});
