import { expect, test, vi } from 'vitest';
import { setup } from '../../../tests/chat-fixture.ts';
import { ChatSession } from './session.ts';

type Setup = ReturnType<typeof setup>;
const textsOf = ({ session }: Setup) => session.value.messages.map(({ text }) => text);

async function talk(given: Setup, ...turns: [question: string, answer: string][]): Promise<void> {
  for (const [question, answer] of turns) {
    const asked = given.session.send(question);
    given.engine.done(answer);
    await asked;
  }
}
async function stopAfter({ engine, session }: Setup, text: string, asked: Promise<void>): Promise<void> {
  engine.delta(text);
  await vi.waitFor(() => expect(session.value.streaming?.text).toContain(text));
  session.stop();
  await asked;
}

test('another answer is another version, and what followed the first stays with it', async () => {
  const given = setup();
  const { engine, session } = given;
  await talk(given, ['one', 'two'], ['three', 'four']);
  const two = session.value.messages[1]!;
  const again = session.regenerate(two.id);
  expect(engine.asked()).toEqual(['one']);
  engine.done('TWO');
  await again;
  expect(textsOf(given)).toEqual(['one', 'TWO']);
  const { ids, position } = session.versionsOf(session.value.messages[1]!);
  expect([ids.length, position]).toEqual([2, 1]);
  session.switchTo(ids[0]!);
  expect(textsOf(given)).toEqual(['one', 'two', 'three', 'four']);
});

test('an edited question is another version, with its attachments, and a new window shows the branch that was shown', async () => {
  const given = setup();
  const { engine, history, session, claim } = given;
  session.attach({ name: 'a.txt', text: 'alpha' });
  await talk(given, ['one', 'two'], ['three', 'four']);
  session.beginEdit(session.value.messages[0]!.id);
  const edited = session.edit(session.value.editing!, 'ONE');
  expect(engine.asked()).toEqual(['File "a.txt":\n```\nalpha\n```\n\nONE']);
  engine.done('TWO');
  await edited;
  expect(session.value.editing).toBeUndefined();
  expect(textsOf(given)).toEqual(['ONE', 'TWO']);
  const [before] = session.versionsOf(session.value.messages[0]!).ids;
  session.switchTo(before!);
  expect(textsOf(given)).toEqual(['one', 'two', 'three', 'four']);
  const next = new ChatSession({ client: engine.client, history, claim });
  await next.restore();
  expect(next.value.messages.map(({ text }) => text)).toEqual(['one', 'two', 'three', 'four']);
  expect(next.versionsOf(next.value.messages[0]!).ids).toHaveLength(2);
});

test('while an answer is written, nothing else is begun or shown', async () => {
  const given = setup();
  const { engine, session } = given;
  await talk(given, ['one', 'two']);
  const asked = session.send('three');
  const [question, answer] = session.value.messages;
  void session.regenerate(answer!.id);
  void session.edit(question!.id, 'ONE');
  session.switchTo(question!.id);
  session.beginEdit(question!.id);
  expect(engine.requests).toHaveLength(2);
  expect(session.value.streaming?.status).toBe('streaming');
  expect(session.value).not.toHaveProperty('editing');
  engine.done('four');
  await asked;
  expect(textsOf(given)).toEqual(['one', 'two', 'three', 'four']);
});

test('an answer that has no text is no version', async () => {
  const given = setup();
  const { engine, session } = given;
  const asked = session.send('one');
  engine.fail();
  await asked;
  const again = session.retry();
  engine.done('two');
  await again;
  expect(session.versionsOf(session.value.messages[1]!).ids).toHaveLength(1);
  expect(session.value.messages[1]).toMatchObject({ status: 'complete', text: 'two' });
  expect(session.value.messages[1]).not.toHaveProperty('error');
});

test('a stopped answer goes on from its text, and an answer that was cut does', async () => {
  const given = setup();
  const { engine, session } = given;
  await stopAfter(given, '<think>\nHm.\n</think>\n\nOnce upon', session.send('A story'));
  const onward = session.continueAnswer();
  expect(engine.requests.at(-1)!.params.input.at(-1)).toEqual({
    role: 'assistant',
    content: 'Once upon',
    prefix: true,
  });
  engine.delta(' a time');
  await vi.waitFor(() => expect(session.value.streaming?.text).toMatch(/Once upon a time$/));
  engine.done(' a time, there', 'length');
  await onward;
  expect(session.value.messages).toHaveLength(2);
  const answer = session.value.messages[1]!;
  expect(answer).toMatchObject({ text: '<think>\nHm.\n</think>\n\nOnce upon a time, there', finishReason: 'length' });
  const further = session.continueAnswer();
  engine.done(' was one.');
  await further;
  expect(session.value.messages[1]).toMatchObject({ id: answer.id, status: 'complete', completionTokens: 4 });
  await session.continueAnswer();
  expect(engine.requests).toHaveLength(3);
});

test('thoughts alone cannot be continued', async () => {
  const given = setup();
  await stopAfter(given, '<think>\nHm', given.session.send('Why?'));
  await given.session.continueAnswer();
  expect(given.engine.requests).toHaveLength(1);
});

test('settings go along with each request, and the model signs its answers', async () => {
  let name = 'Pocket';
  const given = setup({ modelName: () => name, defaultSystem: () => 'Be brief.' });
  const { engine, history, session } = given;
  session.setSettings({ temperature: 0.2, topK: 5 });
  session.setSettings({ topK: undefined, seed: 3 });
  await talk(given, ['one', 'two']);
  expect(engine.requests[0]!.params.options).toEqual({ system: 'Be brief.', temperature: 0.2, seed: 3 });
  session.setSettings({ system: '' });
  name = 'Qwen';
  await talk(given, ['three', 'four']);
  expect(engine.requests[1]!.params.options).toEqual({ temperature: 0.2, seed: 3 });
  expect(session.value.messages.map(({ model }) => model)).toEqual([undefined, 'Pocket', undefined, 'Qwen']);
  const settings = { system: '', temperature: 0.2, seed: 3 };
  expect((await history.list())[0]).toMatchObject({ settings });
  session.newChat();
  expect(session.value.settings).toEqual({});
});

test('a chat is called what its person says, and what its question says again', async () => {
  const given = setup();
  const { history, session } = given;
  await talk(given, ['What is it?', 'It.']);
  await session.rename('  Of it ');
  await talk(given, ['And more?', 'More.']);
  expect((await history.list())[0]).toMatchObject({ title: 'Of it', titledBy: 'person' });
  await session.rename('');
  expect((await history.list())[0]).toMatchObject({ title: 'What is it?', titledBy: 'question' });
});

test('a chat that another window has open is not renamed', async () => {
  const { history, session } = setup({ claim: async () => undefined });
  const other = { id: 'other', title: 'Old', titledBy: 'question', createdMs: 0, updatedMs: 0 } as const;
  await history.saveConversation(other);
  expect(await session.rename('New', other)).toBe(false);
  expect((await history.list())[0]!.title).toBe('Old');
});

test('what is attached goes along once, and outlives a new chat until then', async () => {
  const given = setup();
  const { engine, session } = given;
  session.attach({ name: 'a\n.txt', text: 'alpha' });
  session.attach({ name: 'a\n.txt', text: 'alpha' });
  session.attach({ name: 'b.txt', text: 'beta' });
  session.detach(session.value.draftAttachments[1]!);
  session.newChat();
  expect(session.value.draftAttachments).toEqual([{ name: 'a .txt', text: 'alpha' }]);
  await talk(given, ['', 'Two letters.'], ['And now?', 'None.']);
  expect(session.value.draftAttachments).toEqual([]);
  expect(session.value.conversation?.title).toBe('a .txt');
  expect(engine.asked()).toEqual(['File "a .txt":\n```\nalpha\n```', 'Two letters.', 'And now?']);
});

test('a draft is measured with everything that would go along', async () => {
  const given = setup();
  await talk(given, ['one', 'two']);
  given.session.attach({ name: 'a.txt', text: 'alpha' });
  given.session.setSettings({ system: 'Be brief.' });
  const measured = given.session.measure('three', new AbortController().signal);
  expect(given.engine.requests.at(-1)).toMatchObject({
    method: 'measure',
    params: { options: { system: 'Be brief.' } },
  });
  expect(given.engine.asked()).toEqual(['one', 'two', 'File "a.txt":\n```\nalpha\n```\n\nthree']);
  given.engine.reply({ tokens: 40, contextTokens: 1024 });
  await expect(measured).resolves.toEqual({ tokens: 40, contextTokens: 1024 });
});
