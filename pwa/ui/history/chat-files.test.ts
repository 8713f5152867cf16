import { expect, test } from 'vitest';
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import { toJson } from './export-json.ts';
import { fenceFor, openFence, toMarkdown } from './export-markdown.ts';
import { chatsOfFile, withFreeIds } from './import.ts';
import type { ChatMessage, WholeChat } from './records.ts';

const fileOf = (text: string, name = 'chat.json') => new File([text], name);

/** What makes texts hard to tell from what stands around them. */
const FRAGMENTS = [
  '\n',
  '\n\n',
  ' ',
  '\r\n',
  'word',
  '## You',
  '# Title',
  '## Assistant (Pocket)',
  '```',
  '````text',
  '~~~',
  '    ```',
  '-->',
  '<!-- part ',
  '<!-- part-2 {"closed":true} -->',
  '<!-- localllm-chat 1 part -->',
  '**name**',
  '😀',
  'é',
  '\u2028',
  '\t',
  '{"role":"user"}',
  '---',
  '<b>',
  '\\',
  '"',
  '\u0000',
];

/** Evenly distributed over [0, 1), the same for a seed (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomChat(seed: number): WholeChat {
  const random = seededRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const text = () => Array.from({ length: below(7) }, () => FRAGMENTS[below(FRAGMENTS.length)]!).join('');
  const messages: ChatMessage[] = [];
  for (let index = 0; index < below(9); index++) {
    const message: ChatMessage = {
      id: `m-${index}`,
      parent: index === 0 || random() < 0.1 ? null : `m-${below(index)}`,
      role: random() < 0.5 ? 'user' : 'assistant',
      text: text(),
      createdMs: below(2e12),
      status: random() < 0.7 ? 'complete' : random() < 0.5 ? 'stopped' : 'failed',
    };
    if (random() < 0.3)
      message.attachments = Array.from({ length: 1 + below(2) }, () => ({ name: text(), text: text() }));
    if (random() < 0.3) message.model = text();
    if (random() < 0.2) message.error = { code: 'quota', message: text(), requested: 5, quota: 4 };
    if (random() < 0.3) Object.assign(message, { finishReason: 'length', completionTokens: 3, tokensPerSecond: 41.5 });
    messages.push(message);
  }
  return {
    conversation: {
      id: `chat-${seed}`,
      title: text(),
      titledBy: random() < 0.5 ? 'question' : 'person',
      createdMs: below(2e12),
      updatedMs: below(2e12),
      ...(messages.length > 0 && { leaf: messages.at(-1)!.id }),
      ...(random() < 0.5 && { settings: { system: text(), temperature: 0.5, topK: 3, thinking: false } }),
    },
    messages,
  };
}

function shownOf({ conversation, messages }: WholeChat): ChatMessage[] {
  const shown: ChatMessage[] = [];
  for (let id = conversation.leaf ?? null; id !== null;) {
    const message = messages.find((one) => one.id === id)!;
    shown.unshift(message);
    id = message.parent;
  }
  return shown;
}

test('JSON brings back all of every chat', async () => {
  const chats = Array.from({ length: 60 }, (_, seed) => randomChat(seed));
  const json = toJson(chats);
  const back = await chatsOfFile(fileOf(json));
  expect(back).toEqual(chats);
  expect(toJson(back)).toBe(json);
});

test('a question with as many files as a folder has is no damaged file', async () => {
  const attachments = Array.from({ length: 500 }, (_, index) => ({ name: `${index}.txt`, text: 'x' }));
  const [first, ...others] = SMALL.messages;
  const chats = [{ ...SMALL, messages: [{ ...first!, attachments }, ...others] }];
  expect(await chatsOfFile(fileOf(toJson(chats)))).toEqual(chats);
});

test('Markdown brings back the branch that is shown, whatever its texts look like', async () => {
  for (let seed = 0; seed < 400; seed++) {
    const chat = randomChat(seed);
    const shown = shownOf(chat);
    const markdown = toMarkdown(chat.conversation, shown);
    const [back] = await chatsOfFile(fileOf(markdown, 'chat.md'));
    const kept = ({ role, text, attachments, createdMs, status, model }: ChatMessage) => ({
      role,
      text,
      attachments,
      createdMs,
      status,
      model,
    });
    expect(back!.messages.map(kept), `seed ${seed}`).toEqual(shown.map(kept));
    expect(back!.conversation.settings?.system ?? '').toBe(chat.conversation.settings?.system ?? '');
    expect(toMarkdown({ ...back!.conversation, title: chat.conversation.title }, shownOf(back!))).toBe(markdown);
  }
});

const SMALL: WholeChat = {
  conversation: { id: 'a', title: 'Capitals', titledBy: 'person', createdMs: 0, updatedMs: 60_000, leaf: '1' },
  messages: [
    {
      id: '0',
      parent: null,
      role: 'user',
      text: 'And this?',
      attachments: [{ name: 'a.txt', text: '```\ncode\n```' }],
      createdMs: 0,
      status: 'complete',
    },
    {
      id: '1',
      parent: '0',
      role: 'assistant',
      text: 'So:\n```js\nlet a',
      createdMs: 60_000,
      status: 'stopped',
      model: 'Pocket',
    },
  ],
};

test('Markdown reads well', () => {
  expect(toMarkdown(SMALL.conversation, SMALL.messages).replace(/<!--.*-->\n/g, '')).toBe(`# Capitals

## You

And this?

**a.txt**

\`\`\`\`text
\`\`\`
code
\`\`\`
\`\`\`\`

## Assistant (Pocket, stopped)

So:
\`\`\`js
let a
\`\`\`
`);
});

test('Markdown that a person and an editor changed is read', async () => {
  const changed = `\ufeff${toMarkdown(SMALL.conversation, SMALL.messages)
    .replace('# Capitals', '# Renamed')
    .replace('And this?', 'And that, *really*?')
    .replace('## Assistant (Pocket, stopped)', '## The model')
    .replaceAll('\n', '\r\n')}\r\n\r\n`;
  const [{ conversation, messages } = SMALL] = await chatsOfFile(fileOf(changed, 'chat.md'));
  expect(conversation).toMatchObject({ title: 'Renamed', titledBy: 'person', updatedMs: 60_000, leaf: '1' });
  expect(messages.map(({ text }) => text)).toEqual(['And that, *really*?', 'So:\n```js\nlet a']);
  expect(messages[0]!.attachments).toEqual([{ name: 'a.txt', text: '```\ncode\n```' }]);
});

test('a fence is longer than any in the text, and one that is left open is known', () => {
  expect([fenceFor('none'), fenceFor('a ``` b'), fenceFor('`````')]).toEqual(['```', '````', '``````']);
  expect(openFence('```js\ncode')).toBe('```');
  expect(openFence('```js\ncode\n```')).toBeUndefined();
  expect(openFence('~~~~\n```\n~~~')).toBe('~~~~');
  expect(openFence('```js\n``` not the end\n    ```')).toBe('```');
  expect(openFence('``` one `line`')).toBeUndefined();
});

const whole = (change: (file: { chats: Record<string, unknown>[] } & Record<string, unknown>) => void): string => {
  const file = JSON.parse(toJson([SMALL]));
  change(file);
  return JSON.stringify(file);
};
const messageOf = (file: { chats: Record<string, unknown>[] }, index: number) =>
  (file.chats[0]!['messages'] as Record<string, unknown>[])[index]!;
const markdown = toMarkdown(SMALL.conversation, SMALL.messages);

test.each<[string, string, RegExp, string?]>([
  ['nothing', '', /holds no chats of localLLM/],
  ['another text', '# A list\n\n- one', /Choose a JSON or Markdown file/],
  ['cut JSON', toJson([SMALL]).slice(0, -40), /no valid JSON, perhaps it was cut/],
  ['other JSON', '{"chats":[]}', /holds no chats/],
  [
    'a newer format',
    whole((file) => (file['version'] = 2)),
    /newer localLLM \(format 2, this one reads 1\)/,
    'not-supported',
  ],
  ['a newer Markdown', markdown.replace('chat 1', 'chat 12'), /format 12/, 'not-supported'],
  ['a version that is none', whole((file) => (file['version'] = '1')), /damaged at version/],
  ['a role that is none', whole((file) => (messageOf(file, 0)['role'] = 'system')), /chats\.0\.messages\.0\.role/],
  [
    'an unknown error',
    whole((file) => (messageOf(file, 0)['error'] = { code: 'constructor', message: '' })),
    /error\.code/,
  ],
  ['a number as text', whole((file) => (messageOf(file, 1)['text'] = 5)), /messages\.1\.text/],
  ['a date beyond dates', whole((file) => (file.chats[0]!['updatedMs'] = 1e300)), /updatedMs/],
  ['an id with a path', whole((file) => (file.chats[0]!['id'] = '../a')), /chats\.0\.id.*letters, digits/],
  ['a prototype', toJson([SMALL]).replace('"id": "a"', '"__proto__": {"polluted": true}, "id": "a"'), /__proto__/],
  ['a message that follows itself', whole((file) => (messageOf(file, 0)['parent'] = '1')), /follows itself/],
  ['a message that follows none', whole((file) => (messageOf(file, 0)['parent'] = 'x')), /no message "x"/],
  ['two of one id', whole((file) => (messageOf(file, 1)['id'] = '0')), /same id/],
  ['a leaf that is none', whole((file) => (file.chats[0]!['leaf'] = '7')), /no message "7"/],
  ['an unknown comment', markdown.replace('"role":"user"', '"role":"root"'), /says nothing known/],
  ['a broken comment', markdown.replace('{"role":"user"', '{role'), /cannot be read/],
  ['a date that is none', markdown.replace('1970-', 'x'), /says nothing known/],
  ['an attachment without its block', markdown.replace('````text\n', ''), /attachment stands outside/],
  [
    'a deep nest',
    `{"format":"localllm-chat","version":1,"chats":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
    /damaged at chats\.0/,
  ],
])('%s is refused with one clear sentence', async (_what, text, why, code = 'bad-file') => {
  const error = await chatsOfFile(fileOf(text, 'x.json')).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LocalLLMError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(why) });
  expect((error as Error).message).toMatch(/^“x\.json” was not imported\. It /);
  expect((error as Error).message.length).toBeLessThan(500);
  expect({}).not.toHaveProperty('polluted');
});

test('a file that is far too large is not even read', async () => {
  const file = { name: 'x'.repeat(500), size: 3e9, text: () => Promise.reject(new Error('read')) };
  await expect(chatsOfFile(file)).rejects.toThrow(/It has 3\.0 GB; chats are read from up to 200 MB/);
});

test('ids that are taken, also within the file, become others', () => {
  const chats = withFreeIds([SMALL, SMALL, { ...SMALL, conversation: { ...SMALL.conversation, id: 'b' } }], ['b']);
  const ids = chats.map(({ conversation }) => conversation.id);
  expect(ids[0]).toBe('a');
  expect(new Set([...ids, 'b']).size).toBe(4);
});
