import { expect, test, vi } from 'vitest';
import { setup } from '../../../tests/chat-fixture.ts';
import { ChatSession } from './session.ts';

test('a question is asked, answered and saved', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('Hi?');
  engine.delta('Hel');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Hel'));
  engine.done('Hello');
  await asked;
  expect(session.value.streaming).toBeUndefined();
  expect(session.value.messages.map(({ text, status }) => [text, status])).toEqual([
    ['Hi?', 'complete'],
    ['Hello', 'complete'],
  ]);
  const [saved] = await history.list();
  expect(saved?.title).toBe('Hi?');
  expect((await history.messages(saved!.id)).map(({ text }) => text)).toEqual(['Hi?', 'Hello']);
});

test('the conversation so far goes along with the next question', async () => {
  const { engine, session } = setup();
  const first = session.send('one');
  engine.done('two');
  await first;
  const second = session.send('three');
  expect(engine.asked()).toEqual(['one', 'two', 'three']);
  engine.done('four');
  await second;
});

test('stop keeps what was written, cancels the work, and retry writes it anew', async () => {
  const { engine, session } = setup();
  const asked = session.send('A story');
  engine.delta('Once');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Once'));
  session.stop();
  await asked;
  expect(engine.cancelled).toHaveLength(1);
  expect(session.value.messages.at(-1)).toMatchObject({ text: 'Once', status: 'stopped' });
  const again = session.retry();
  expect(session.value.messages).toHaveLength(1);
  expect(engine.asked()).toEqual(['A story']);
  engine.done('Once upon a time');
  await again;
  expect(session.value.messages.map(({ text }) => text)).toEqual(['A story', 'Once upon a time']);
});

test('a failure is kept with its code', async () => {
  const { engine, session } = setup();
  const asked = session.send('long');
  engine.fail();
  await asked;
  expect(session.value.messages.at(-1)).toMatchObject({ status: 'failed', error: { code: 'quota' } });
});

test('a window that goes away saves the partial answer as stopped and cancels the work', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('A story');
  engine.delta('Once');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Once'));
  session.interrupt();
  await asked;
  const [saved] = await history.list();
  expect((await history.messages(saved!.id))[1]).toMatchObject({ text: 'Once', status: 'stopped' });
  expect(session.value.messages).toHaveLength(2);
  expect(engine.cancelled).toHaveLength(1);
});

test('the next window reads the conversation back', async () => {
  const { engine, history, session, claim } = setup();
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  const next = new ChatSession({ client: engine.client, history, claim });
  await next.restore();
  expect(next.value.opened).toBe(true);
  expect(next.value.messages.map(({ text }) => text)).toEqual(['Hi?', 'Hello']);
});

test('until another conversation is read, the one that is there goes on', async () => {
  const { engine, history, session } = setup();
  const other = { id: 'other', title: 'Other', titledBy: 'question', createdMs: 0, updatedMs: 0 } as const;
  const said = { id: 'm', parent: null, role: 'user', text: 'Earlier', createdMs: 0, status: 'complete' } as const;
  await history.save(other, said);
  const disk = Promise.withResolvers<void>();
  const read = history.messages;
  history.messages = (id) => disk.promise.then(() => read(id));
  const asked = session.send('Hi?');
  const opening = session.open(other);
  engine.done('Hello');
  await asked;
  expect(session.value.messages.map(({ text }) => text)).toEqual(['Hi?', 'Hello']);
  disk.resolve();
  expect(await opening).toBe(true);
  expect(session.value.messages.map(({ text }) => text)).toEqual(['Earlier']);
  const first = (await history.list()).find(({ title }) => title === 'Hi?')!;
  expect((await history.messages(first.id)).map(({ status }) => status)).toEqual(['complete', 'complete']);
});

/** Claims as they are between windows: whoever asks for one that is held gets none. */
function strictClaims() {
  const held = new Set<string>();
  const claim = async (id: string) => (held.has(id) ? undefined : (held.add(id), () => void held.delete(id)));
  return { held, claim };
}

test('conversations open one after the other, and one that is opened twice at once is open', async () => {
  const { held, claim } = strictClaims();
  const { history, session } = setup({ claim });
  const [one, two] = ['one', 'two'].map(
    (id) => ({ id, title: id, titledBy: 'question', createdMs: 0, updatedMs: 0 }) as const,
  );
  const read = history.messages;
  // The first one takes longer.
  history.messages = (id) =>
    id === 'one' ? new Promise((done) => setTimeout(done, 5)).then(() => read(id)) : read(id);
  const opened = await Promise.all([session.open(one!), session.open(one!), session.open(two!)]);
  expect(opened).toEqual([true, true, true]);
  expect(session.value.conversation?.id).toBe('two');
  expect([...held]).toEqual(['two']);
});

test('a conversation that cannot be read is not shown as an empty one, and can be opened later', async () => {
  const { engine, history, session } = setup({ claim: strictClaims().claim });
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  const other = { id: 'other', title: 'Other', titledBy: 'question', createdMs: 0, updatedMs: 0 } as const;
  const read = history.messages;
  history.messages = () => Promise.reject(new Error('disk on fire'));
  await expect(session.open(other)).rejects.toThrow('disk on fire');
  expect(session.value.messages.map(({ text }) => text)).toEqual(['Hi?', 'Hello']);
  history.messages = read;
  expect(await session.open(other)).toBe(true);
});

test('a conversation that is open elsewhere is left alone', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  const next = new ChatSession({ client: engine.client, history, claim: async () => undefined });
  await next.restore();
  expect(next.value).toMatchObject({ opened: true, messages: [] });
});

test('a conversation deleted in the middle of an answer does not come back', async () => {
  const { engine, history, session } = setup();
  const asked = session.send('Hi?');
  engine.delta('Hel');
  await vi.waitFor(() => expect(session.value.streaming?.text).toBe('Hel'));
  await session.remove(session.value.conversation!.id);
  await asked;
  expect(await history.list()).toEqual([]);
  expect(session.value.messages).toEqual([]);
});

test('a new chat ends the answer of the old one', async () => {
  const { engine, session } = setup();
  const asked = session.send('Hi?');
  session.newChat();
  await asked;
  expect(engine.cancelled).toHaveLength(1);
  expect(session.value).toEqual({ opened: true, settings: {}, messages: [], draftAttachments: [] });
});

test('a chat that cannot be saved goes on and says so', async () => {
  const { engine, history, session } = setup();
  history.failing = true;
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  await vi.waitFor(() => expect(session.value.historyError?.message).toContain('disk on fire'));
  expect(session.value.messages.at(-1)?.text).toBe('Hello');
});

test('what could not be saved is saved with what follows, and nothing is said any more', async () => {
  const { engine, history, session } = setup();
  history.failing = true;
  const asked = session.send('Hi?');
  engine.done('Hello');
  await asked;
  await vi.waitFor(() => expect(session.value.historyError).toBeDefined());
  history.failing = false;
  const again = session.send('And?');
  engine.done('Hello again');
  await again;
  await vi.waitFor(() => expect(session.value.historyError).toBeUndefined());
  const [saved] = await history.list();
  const texts = (await history.messages(saved!.id)).map(({ text }) => text);
  expect(texts).toEqual(['Hi?', 'Hello', 'And?', 'Hello again']);
});
