import { MIGRATIONS } from '../../pwa/ui/history/migrations.ts';
import { expect, test } from './fixtures.ts';

test('messages come back in order, and one that was being written as stopped', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const history = testing.createHistory('test-order');
    const message = { role: 'user', text: 'x', createdMs: 1, status: 'complete' } as const;
    for (const index of [10, 2, 0, 1]) await history.saveMessage('a', { ...message, index });
    await history.saveMessage('a', { ...message, role: 'assistant', index: 11, status: 'streaming' });
    await history.saveMessage('ab', { ...message, index: 0 });
    return (await history.messages('a')).map(({ index, status }) => [index, status]);
  });
  expect(read).toEqual([
    [0, 'complete'],
    [1, 'complete'],
    [2, 'complete'],
    [10, 'complete'],
    [11, 'stopped'],
  ]);
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
      await history.saveConversation({ id, title: id, createdMs: 0, updatedMs });
      await history.saveMessage(id, { index: 0, role: 'user', text: id, createdMs: 0, status: 'complete' });
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

test('a database of an earlier version keeps its chats through the migrations that follow', async ({ view }) => {
  const page = await view('permission');
  const read = await page.evaluate(async () => {
    const { MIGRATIONS: steps } = testing;
    const now = testing.createHistory('test-migrate', steps);
    await now.saveConversation({ id: 'a', title: 'kept', createdMs: 0, updatedMs: 5 });
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
