import { describe, expect, test, vi } from 'vitest';
import { assistant, FakeLLM, held, prefix, session, SYSTEM, thrownBy, user } from '../../tests/fake-llm.ts';
import type { LanguageModelMessage } from './language-model-types.ts';

describe('overflow', () => {
  /** A session whose window holds about three of its turns. */
  async function full(initialPrompts: LanguageModelMessage[] = []) {
    const { model, fake } = await session({ initialPrompts });
    fake.say = () => 'word '.repeat(24).trim();
    const overflows: string[] = [];
    model.addEventListener('contextoverflow', ({ type }) => overflows.push(type));
    return { model, fake, overflows };
  }

  test('evicts the oldest pairs, says so, and never the initial prompts', async () => {
    const initial = [{ ...SYSTEM }, user('example'), assistant('answer')];
    const { model, fake, overflows } = await full(initial);
    const handler = vi.fn();
    model.oncontextoverflow = handler;
    for (const question of ['a', 'b', 'c']) await model.prompt(question);
    expect(overflows).toEqual([]);
    await model.prompt('d');
    expect(overflows).toEqual(['contextoverflow']);
    expect(handler).toHaveBeenCalledOnce();
    const sent = fake.prompts.at(-1)!;
    expect(sent.slice(0, 3)).toEqual(initial);
    expect(sent.slice(3).map(({ content }) => content.slice(0, 4))).toEqual(['b', 'word', 'c', 'word', 'd']);
    expect(model.contextUsage).toBeLessThanOrEqual(model.contextWindow);
    model.oncontextoverflow = null;
    expect(model.oncontextoverflow).toBeNull();
  });

  test('keeps a system message that came with the first prompt', async () => {
    const { model, fake } = await full();
    await model.prompt([SYSTEM, user('a')]);
    for (const question of ['b', 'c', 'd', 'e', 'f']) await model.prompt(question);
    expect(fake.prompts.at(-1)?.[0]).toEqual(SYSTEM);
    expect(fake.prompts.at(-1)?.[1]?.role).toBe('user');
  });

  test('measureContextUsage tells beforehand, and changes nothing', async () => {
    const { model } = await full();
    await model.prompt('a');
    const usage = model.contextUsage;
    const long = 'word '.repeat(90);
    expect(await model.measureContextUsage(long)).toBeGreaterThan(model.contextWindow - usage);
    expect(await model.measureContextUsage('b')).toBeLessThan(5);
    expect(model.contextUsage).toBe(usage);
  });

  test('makes as much room as a long prompt needs, at once', async () => {
    const { model, fake, overflows } = await full();
    for (const question of ['a', 'b', 'c']) await model.prompt(question);
    await model.prompt('word '.repeat(90));
    expect(fake.prompts.at(-1)).toHaveLength(1);
    expect(overflows).toHaveLength(1);
  });

  test('too much even then is a QuotaExceededError, and nothing goes', async () => {
    const { model, fake, overflows } = await full([user('one')]);
    await model.prompt('a');
    const usage = model.contextUsage;
    for (const method of ['prompt', 'append'] as const) {
      const error = await thrownBy(() => model[method]('word '.repeat(200)));
      expect(error).toMatchObject({ name: 'QuotaExceededError', quota: 100 });
      expect(error.requested).toBeGreaterThan(200);
    }
    expect(overflows).toEqual([]);
    expect(model.contextUsage).toBe(usage);
    await model.prompt('b');
    expect(fake.prompts.at(-1)?.map(({ content }) => content[0])).toEqual(['o', 'a', 'w', 'b']);
  });

  test('comes sooner where the context has become shorter', async () => {
    const { model, fake, overflows } = await full();
    await model.prompt('a');
    await model.prompt('b');
    fake.contextTokens = 60;
    await model.prompt('c');
    expect(overflows).toHaveLength(1);
    expect(model.contextWindow).toBe(60);
    expect(fake.prompts.at(-1)?.map(({ content }) => content[0])).toEqual(['b', 'w', 'c']);
  });

  test('by number of messages evicts as well', async () => {
    const { model, fake, overflows } = await full();
    fake.contextTokens = 1e6;
    const wide = await fake.llm.LanguageModel.create();
    wide.addEventListener('contextoverflow', () => overflows.push('wide'));
    await wide.append(Array.from({ length: 1000 }, (_, at) => (at % 2 ? assistant('b') : user('a'))));
    await wide.append(Array.from({ length: 100 }, () => user('c')));
    await wide.prompt('d');
    expect(overflows).toContain('wide');
    expect(fake.prompts.at(-1)!.length).toBeLessThanOrEqual(1024);
    expect(model.contextUsage).toBe(0);
  });
});

describe('append, clone and destroy', () => {
  test('append computes ahead and answers nothing', async () => {
    const { model, fake } = await session();
    await model.append([user('a'), assistant('b')]);
    expect(fake.asked.map(({ method }) => method)).toEqual(['measure', 'prefill']);
    expect(model.contextUsage).toBeGreaterThan(0);
    await model.prompt('c');
    expect(fake.prompts).toEqual([[user('a'), assistant('b'), user('c')]]);
    expect((await thrownBy(() => model.append([prefix('x')]))).name).toBe('SyntaxError');
  });

  test('a system message alone waits where the template takes none alone', async () => {
    const fake = new FakeLLM();
    fake.template = (messages) => messages.some(({ role }) => role === 'user');
    const model = await fake.llm.LanguageModel.create({ initialPrompts: [SYSTEM] });
    expect(model.contextUsage).toBeGreaterThan(2);
    expect(await model.prompt('a')).toBe('Answer to a');
    const other = await fake.llm.LanguageModel.create();
    await other.append([SYSTEM]);
    await other.prompt('b');
    expect(fake.prompts.at(-1)).toEqual([SYSTEM, user('b')]);
  });

  test('a clone goes its own way', async () => {
    const { model, fake } = await session({ initialPrompts: [SYSTEM] });
    await model.prompt('a');
    const clone = await model.clone();
    expect([clone.contextUsage, clone.contextWindow]).toEqual([model.contextUsage, model.contextWindow]);
    await clone.prompt('b');
    await model.prompt('c');
    const shared = [SYSTEM, user('a'), assistant('Answer to a')];
    expect(fake.prompts.slice(-2)).toEqual([
      [...shared, user('b')],
      [...shared, user('c')],
    ]);
    model.destroy();
    expect(await clone.prompt('d')).toBe('Answer to d');
    expect(await thrownBy(() => clone.clone({ signal: AbortSignal.abort('no') }))).toBe('no');
  });

  test('destroy ends what runs with AbortError and refuses the rest', async () => {
    const { model, fake } = await session();
    held(fake);
    const running = thrownBy(() => model.prompt('a'));
    const waiting = thrownBy(() => model.promptStreaming('b').getReader().read());
    await vi.waitFor(() => expect(fake.prompts).toHaveLength(1));
    model.destroy();
    expect((await running).name).toBe('AbortError');
    expect((await waiting).name).toBe('AbortError');
    const methods = ['prompt', 'promptStreaming', 'append', 'measureContextUsage', 'clone'] as const;
    for (const method of methods) {
      const error = await thrownBy(() =>
        (model[method] as (input?: string) => unknown)(method === 'clone' ? undefined : 'x'),
      );
      expect([method, error.name]).toEqual([method, 'InvalidStateError']);
    }
    model.destroy();
  });
});

describe('another model', () => {
  const changed = (model: EventTarget) =>
    new Promise((resolve) => model.addEventListener('modelchange', resolve, { once: true }));

  test('measures the session anew, then says so', async () => {
    const { model, fake } = await session({ initialPrompts: [{ ...SYSTEM }] });
    await model.prompt('a');
    const handler = vi.fn();
    model.addEventListener('modelchange', handler);
    fake.tokens = (messages) => 10 * messages.length;
    const event = changed(model);
    fake.changeModel(50);
    await event;
    expect([model.contextUsage, model.contextWindow]).toEqual([30, 50]);
    expect(handler).toHaveBeenCalledOnce();
    expect(fake.asked.at(-1)).toMatchObject({
      method: 'measure',
      messages: [SYSTEM, user('a'), { role: 'assistant' }],
    });
  });

  test('makes room at the next prompt where the session no longer fits', async () => {
    const { model, fake } = await session();
    fake.say = () => 'word '.repeat(20).trim();
    for (const question of ['a', 'b', 'c']) await model.prompt(question);
    const overflow = vi.fn();
    model.oncontextoverflow = overflow;
    const event = changed(model);
    fake.changeModel(40);
    await event;
    expect(model.contextUsage).toBeGreaterThan(model.contextWindow);
    expect(overflow).not.toHaveBeenCalled();
    await model.prompt('d');
    expect(overflow).toHaveBeenCalledOnce();
    expect(fake.prompts.at(-1)!.map(({ content }) => content[0])).toEqual(['c', 'w', 'd']);
  });

  test('comes after what was asked of the old one; a session that was destroyed hears nothing', async () => {
    const { model, fake } = await session();
    const gone = await model.clone();
    const heard = vi.fn();
    gone.addEventListener('modelchange', heard);
    const answer = held(fake);
    const prompted = model.prompt('a');
    await vi.waitFor(() => expect(fake.prompts).toHaveLength(1));
    const order: string[] = [];
    void prompted.then(() => order.push('answer'));
    const event = changed(model).then(() => order.push('change'));
    fake.changeModel(60);
    gone.destroy();
    expect(model.contextWindow).toBe(60);
    answer('Done.');
    await event;
    expect(order).toEqual(['answer', 'change']);
    expect(heard).not.toHaveBeenCalled();
  });
});
