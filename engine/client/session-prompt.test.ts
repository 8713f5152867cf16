import { afterEach, describe, expect, test, vi } from 'vitest';
import { assistant, held, prefix, session, SYSTEM, thrownBy, user } from '../../tests/fake-llm.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Message } from '../protocol/messages.ts';
import type { LanguageModelPrompt } from './language-model-types.ts';

describe('prompt', () => {
  test('sends the conversation whole, and counts it', async () => {
    const { model, fake } = await session({ initialPrompts: [SYSTEM] });
    expect(await model.prompt('One')).toBe('Answer to One');
    expect(await model.prompt([user('Two'), assistant('Hm'), user('Three')])).toBe('Answer to Three');
    const all = [SYSTEM, user('One'), assistant('Answer to One'), user('Two'), assistant('Hm'), user('Three')];
    expect(fake.prompts.at(-1)).toEqual(all);
    expect(model.contextUsage).toBe(fake.tokens(all) + 4);
  });

  test.each<[unknown, Message[]]>([
    ['x', [user('x')]],
    [[], [user('')]],
    [[{ role: 'user', content: [] }], [user('')]],
    [
      [
        {
          role: 'user',
          content: [
            { type: 'text', value: 'foo' },
            { type: 'text', value: 'bar' },
          ],
        },
      ],
      [user('foobar')],
    ],
    [new Set([user('a')]), [user('a')]],
    [
      [SYSTEM, user('a')],
      [SYSTEM, user('a')],
    ],
    [
      [user('a'), prefix('b')],
      [user('a'), prefix('b')],
    ],
  ])('takes %j', async (input, sent) => {
    const { model, fake } = await session();
    await model.prompt(input as LanguageModelPrompt);
    expect(fake.prompts).toEqual([sent]);
  });

  test.each<[unknown, unknown, string, string]>([
    [undefined, {}, 'TypeError', 'input: expected a string or an array of messages but received undefined'],
    [5, {}, 'TypeError', 'input'],
    [{ role: 'user', content: 'x' }, {}, 'TypeError', 'input: expected a string or an array'],
    [[{ role: 'robot', content: 'x' }], {}, 'TypeError', 'input.0.role'],
    [[{ role: 'user' }], {}, 'TypeError', 'input.0.content'],
    [[user('x'), SYSTEM], {}, 'TypeError', 'input.1.role'],
    [[{ role: 'user', content: [{ type: 'text', value: 5 }] }], {}, 'TypeError', 'input.0.content.0.value'],
    [[{ role: 'user', content: [{ type: 'smell', value: '' }] }], {}, 'TypeError', 'input.0.content.0.type'],
    [[{ role: 'user', content: [{ type: 'image', value: {} }] }], {}, 'NotSupportedError', 'input.0.content.0.type'],
    [[{ ...user('x'), prefix: true }], {}, 'SyntaxError', 'input.0.prefix'],
    [[prefix('x'), user('y')], {}, 'SyntaxError', 'input.0.prefix'],
    ['x', null, 'TypeError', 'options'],
    ['x', { signal: 5 }, 'TypeError', 'options.signal'],
    ['x', { responseConstraint: 'a+' }, 'TypeError', 'options.responseConstraint'],
    ['x', { omitResponseConstraintInput: true }, 'TypeError', 'options.omitResponseConstraintInput'],
  ])('refuses %j with %j: %s', async (input, options, name, named) => {
    const { model, fake } = await session();
    for (const method of ['prompt', 'promptStreaming', 'measureContextUsage'] as const) {
      const error = await thrownBy(() => model[method](input as string, options as object));
      expect(error.name).toBe(name);
      expect(error.message).toContain(named);
    }
    expect(fake.asked).toEqual([]);
  });

  test('takes a system message first of all, and keeps it', async () => {
    const { model } = await session();
    await model.prompt([SYSTEM, user('a')]);
    const error = await thrownBy(() => model.prompt([SYSTEM, user('b')]));
    expect(error).toBeInstanceOf(TypeError);
    expect(await model.prompt('c')).toBe('Answer to c');
  });

  test('runs one after another, in the order of the calls', async () => {
    const { model, fake } = await session();
    const asked = [model.prompt('a'), model.append('b'), model.prompt('c')];
    expect(await Promise.all(asked)).toEqual(['Answer to a', undefined, 'Answer to c']);
    expect(fake.prompts.at(-1)).toEqual([user('a'), assistant('Answer to a'), user('b'), user('c')]);
  });

  test('aborted leaves no trace, running or waiting', async () => {
    const { model, fake } = await session();
    const finish = held(fake);
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = thrownBy(() => model.prompt('a', { signal: running.signal }));
    const second = thrownBy(() => model.prompt('b', { signal: waiting.signal }));
    const third = model.prompt('c');
    waiting.abort();
    expect((await second).name).toBe('AbortError');
    await vi.waitFor(() => expect(fake.prompts).toHaveLength(1));
    running.abort('enough');
    expect(await first).toBe('enough');
    expect(fake.cancelled).toHaveLength(1);
    finish('done');
    expect(await third).toBe('done');
    expect(fake.prompts).toEqual([[user('a')], [user('c')]]);
    expect(await thrownBy(() => model.prompt('d', { signal: AbortSignal.abort('before') }))).toBe('before');
  });

  test('that fails leaves no trace', async () => {
    const { model, fake } = await session();
    fake.say = () => new LocalLLMError('disconnected', 'gone');
    expect((await thrownBy(() => model.prompt('a'))).name).toBe('NetworkError');
    fake.say = () => 'fine';
    expect(model.contextUsage).toBe(0);
    await model.prompt('b');
    expect(fake.prompts.at(-1)).toEqual([user('b')]);
  });

  test('goes on from a prefix, which the session then holds as one message', async () => {
    const { model, fake } = await session();
    fake.say = () => ' and so on';
    const prefixed = [user('a'), prefix('It begins')];
    expect(await model.prompt(prefixed)).toBe(' and so on');
    await model.prompt('b');
    expect(fake.prompts.at(-1)).toEqual([user('a'), assistant('It begins and so on'), user('b')]);
  });
});

describe('a page that replaces what is everybody’s', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('after the provider came keeps a session that works', async () => {
    const { model, fake } = await session();
    const useless = (): never => {
      throw new Error('The page broke this.');
    };
    const names = [
      'ReadableStream',
      'AbortController',
      'AbortSignal',
      'Event',
      'EventTarget',
      'TypeError',
      'DOMException',
    ];
    for (const name of [...names, 'RegExp']) vi.stubGlobal(name, useless);
    const read: unknown[] = [];
    for await (const chunk of model.promptStreaming('a')) read.push(chunk);
    expect(read.join('')).toBe('Answer to a');
    const wrong = await model.prompt(5 as never).catch((error: unknown) => error);
    fake.say = () => 'word '.repeat(90);
    await model.prompt('b');
    const overflows: unknown[] = [];
    model.oncontextoverflow = ({ type }) => overflows.push(type);
    await model.prompt('c', { responseConstraint: /word/ });
    model.destroy();
    const late = await model.prompt('d').catch((error: unknown) => error);
    vi.unstubAllGlobals();
    expect(wrong).toBeInstanceOf(TypeError);
    expect(overflows).toEqual(['contextoverflow']);
    expect(late).toMatchObject({ name: 'InvalidStateError' });
  });
});

describe('promptStreaming', () => {
  test('gives the text as it is made, and the session the whole', async () => {
    const { model, fake } = await session();
    const read: unknown[] = [];
    for await (const chunk of model.promptStreaming('a')) read.push(chunk);
    expect(read).toEqual(['Answer ', 'to ', 'a']);
    await model.prompt('b');
    expect(fake.prompts.at(-1)).toEqual([user('a'), assistant('Answer to a'), user('b')]);
  });

  test('that nobody reads holds nobody up', async () => {
    const { model, fake } = await session();
    fake.say = () => 'word '.repeat(20);
    const unread = model.promptStreaming('a');
    expect(await model.prompt('b')).toBe('word '.repeat(20));
    expect(unread.locked).toBe(false);
  });

  test('that is left aborts the prompt, which leaves no trace', async () => {
    const { model, fake } = await session();
    const finish = held(fake);
    const stream = model.promptStreaming('a');
    await vi.waitFor(() => expect(fake.prompts).toHaveLength(1));
    await stream.cancel();
    expect(fake.cancelled).toHaveLength(1);
    finish('b done');
    expect(await model.prompt('b')).toBe('b done');
    expect(fake.prompts.at(-1)).toEqual([user('b')]);
  });

  test('fails through the stream, with the reason of the signal', async () => {
    const { model, fake } = await session();
    held(fake);
    const stop = new AbortController();
    const reading = thrownBy(() => model.promptStreaming('a', { signal: stop.signal }).getReader().read());
    stop.abort('enough');
    expect(await reading).toBe('enough');
    fake.say = () => new LocalLLMError('device-lost', 'gone');
    expect((await thrownBy(() => model.promptStreaming('a').getReader().read())).name).toBe('OperationError');
  });
});
