import { MIGRATIONS } from '../../pwa/ui/history/migrations.ts';
import type { ChatMessage, ConversationRecord } from '../../pwa/ui/history/records.ts';
import { expect, test } from './fixtures.ts';

test('messages come back oldest first, and one that was being written as stopped', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const history = testing.createHistory('test-order');
    const a = { id: 'a', title: 'a', titledBy: 'question', createdMs: 0, updatedMs: 0 } as const;
    const message = { role: 'user', parent: null, text: 'x', status: 'complete' } as const;
    for (const createdMs of [10, 2, 0, 1]) await history.save(a, { ...message, id: `m${createdMs}`, createdMs });
    await history.save(a, { ...message, role: 'assistant', id: 'm11', createdMs: 11, status: 'streaming' });
    await history.save({ ...a, id: 'ab' }, { ...message, id: 'm0', createdMs: 0 });
    const all: string[] = [];
    for await (const batch of history.allMessages()) all.push(...batch.map(({ conversationId }) => conversationId));
    return { own: (await history.messages('a')).map(({ id, status }) => [id, status]), all };
  });
  expect(read.own).toEqual([
    ['m0', 'complete'],
    ['m1', 'complete'],
    ['m2', 'complete'],
    ['m10', 'complete'],
    ['m11', 'stopped'],
  ]);
  expect(read.all).toEqual(['a', 'a', 'a', 'a', 'a', 'ab']);
});

test('whole chats are saved together or not at all', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const history = testing.createHistory('test-all');
    const chat = (id: string, text: unknown) => ({
      conversation: { id, title: id, titledBy: 'person', createdMs: 0, updatedMs: 0 } as const,
      messages: [
        { id: 'm', parent: null, role: 'user', text: text as string, createdMs: 0, status: 'complete' } as const,
      ],
    });
    const refused = await history.saveAll([chat('a', 'x'), chat('b', () => 'cannot be copied')]).then(
      () => 'saved',
      (error: Error) => error.message,
    );
    const none = await history.list();
    await history.saveAll([chat('a', 'x'), chat('b', 'y')]);
    return { refused, none, all: (await history.list()).length, text: (await history.messages('b'))[0]?.text };
  });
  expect(read).toEqual({ refused: expect.stringContaining('cannot be saved'), none: [], all: 2, text: 'y' });
});

test('conversations are listed latest first; removing one takes its messages along', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const history = testing.createHistory('test-list');
    for (const [id, updatedMs] of [
      ['a', 1],
      ['b', 3],
      ['c', 2],
    ] as const) {
      const message = { id: 'm', parent: null, role: 'user', text: id, createdMs: 0, status: 'complete' } as const;
      await history.save({ id, title: id, titledBy: 'question', createdMs: 0, updatedMs }, message);
    }
    const before = (await history.list()).map(({ id }) => id);
    await history.remove('b');
    const after = (await history.list()).map(({ id }) => id);
    const orphans = await history.messages('b');
    const neighbours = await history.messages('c');
    await history.clear();
    return { before, after, orphans, neighbours: neighbours.length, cleared: await history.list() };
  });
  expect(read).toEqual({ before: ['b', 'c', 'a'], after: ['c', 'a'], orphans: [], neighbours: 1, cleared: [] });
});

test('a database of version 1 becomes a tree, with what was interrupted and what was empty', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const { MIGRATIONS: steps } = testing;
    // The first step's own database, with records as they were then.
    const first = testing.createHistory('test-v1', steps.slice(0, 1));
    const talk: object = { id: 'talk', title: 'Hi', createdMs: 1, updatedMs: 3 };
    const empty: object = { id: 'empty', title: 'Nothing', createdMs: 0, updatedMs: 0 };
    const say = (index: number, role: string, status: string) => {
      const message: object = { index, role, text: `text ${index}`, createdMs: 7, status };
      return first.save(talk as ConversationRecord, message as ChatMessage);
    };
    await say(10, 'user', 'complete');
    await say(0, 'user', 'complete');
    await say(1, 'assistant', 'complete');
    await say(11, 'assistant', 'streaming');
    await first.saveConversation(empty as ConversationRecord);

    const history = testing.createHistory('test-v1', steps);
    const chats = await history.list();
    const messages = await history.messages('talk');
    const all: string[] = [];
    for await (const batch of history.allMessages()) all.push(...batch.map(({ conversationId }) => conversationId));
    const ends = chats.map(({ id, titledBy, leaf }) => ({ id, titledBy, leaf }));
    return { ends, messages: messages.map(({ id, parent, text, status }) => [id, parent, text, status]), all };
  });
  expect(read.ends).toEqual([
    { id: 'talk', titledBy: 'question', leaf: '11' },
    { id: 'empty', titledBy: 'question', leaf: undefined },
  ]);
  expect(new Map(read.messages.map((message) => [message[0], message.slice(1)]))).toEqual(
    new Map([
      ['0', [null, 'text 0', 'complete']],
      ['1', ['0', 'text 1', 'complete']],
      ['10', ['1', 'text 10', 'complete']],
      ['11', ['10', 'text 11', 'stopped']],
    ]),
  );
  expect(read.all).toEqual(['talk', 'talk', 'talk', 'talk']);
});

test('a database of an earlier version keeps its chats through the migrations that follow', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const { MIGRATIONS: steps } = testing;
    const now = testing.createHistory('test-migrate', steps);
    await now.saveConversation({ id: 'a', title: 'kept', titledBy: 'question', createdMs: 0, updatedMs: 5 });
    const touched: number[] = [];
    const later = testing.createHistory('test-migrate', [
      ...steps,
      (_db, transaction) => void touched.push(steps.length, transaction.objectStoreNames.length),
    ]);
    const kept = (await later.list()).map(({ title }) => title);
    const outdated = await testing
      .createHistory('test-migrate', steps)
      .list()
      .then(
        () => 'opened',
        (error: Error) => error.message,
      );
    return { kept, touched, outdated };
  });
  expect(read.kept).toEqual(['kept']);
  expect(read.touched).toEqual([MIGRATIONS.length, 2]);
  expect(read.outdated).toContain('newer version');
});
