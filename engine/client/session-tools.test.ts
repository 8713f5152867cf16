import { describe, expect, test, vi } from 'vitest';
import { assistant, prefix, session, thrownBy, tool, user } from '../../tests/fake-llm.ts';

describe('responseConstraint', () => {
  const schema = { type: 'object', required: ['rating'] };

  test('holds the answer, and is told to the model', async () => {
    const { model, fake } = await session();
    await model.prompt('Rate it.', { responseConstraint: schema });
    const { messages, options } = fake.asked.at(-1)!;
    expect(options.responseConstraint).toEqual({ type: 'json-schema', schema });
    expect(messages[0]?.content).toContain('Rate it.');
    expect(messages[0]?.content).toContain(JSON.stringify(schema));
    const prefixed = [user('a'), prefix('b')];
    await model.prompt(prefixed, { responseConstraint: /b+/i });
    expect(fake.asked.at(-1)?.messages.at(-1)).toEqual(prefix('b'));
    expect(fake.asked.at(-1)?.messages.at(-2)?.content).toContain('/b+/i');
    await model.prompt([assistant('c')], { responseConstraint: /b/ });
    expect(fake.asked.at(-1)?.messages.at(-1)).toMatchObject({ role: 'user', content: expect.stringContaining('/b/') });
  });

  test('is not told where the page does it itself', async () => {
    const { model, fake } = await session();
    const options = { responseConstraint: schema, omitResponseConstraintInput: true };
    const told = await model.measureContextUsage('x', { responseConstraint: schema });
    expect(await model.measureContextUsage('x', options)).toBeLessThan(told);
    await model.prompt('x', options);
    expect(fake.asked.at(-1)).toMatchObject({ messages: [user('x')], options: { responseConstraint: {} } });
  });

  test('that the context cut short is a SyntaxError, unless the answer is whole', async () => {
    const { model, fake } = await session();
    const finishReason = 'length';
    fake.say = () => ({ text: '{"rating":', finishReason });
    expect((await thrownBy(() => model.prompt('x', { responseConstraint: schema }))).name).toBe('SyntaxError');
    expect(model.contextUsage).toBe(0);
    fake.say = () => ({ text: '{"rating":5}', finishReason });
    expect(await model.prompt('x', { responseConstraint: schema })).toBe('{"rating":5}');
    fake.say = () => ({ text: 'aab', finishReason });
    expect(await model.prompt('x', { responseConstraint: /a+b/g })).toBe('aab');
    expect((await thrownBy(() => model.prompt('x', { responseConstraint: /a+/ }))).name).toBe('SyntaxError');
  });
});

const call = (name: string, args: Record<string, unknown> = {}) => ({ name, arguments: args });

describe('tools', () => {
  test('run at once, and the model goes on with what they give', async () => {
    const running = new Set<string>();
    let together = 0;
    const weather = tool('weather', async ({ city }) => {
      running.add(String(city));
      await new Promise((resolve) => setTimeout(resolve, 5));
      together = Math.max(together, running.size);
      return { sky: `blue over ${String(city)}` };
    });
    const { model, fake } = await session({ tools: [weather, tool('broken', () => Promise.reject(new Error('No.')))] });
    const toolCalls = [
      call('weather', { city: 'Oslo' }),
      call('weather', { city: 'Rome' }),
      call('broken'),
      call('none'),
    ];
    fake.say = ({ messages }) =>
      messages.length === 1 ? { text: 'Let me see.', toolCalls, finishReason: 'tool-calls' } : 'Blue.';
    expect(await model.prompt('Weather?')).toBe('Let me see.\n\nBlue.');
    expect(together).toBe(2);
    expect(fake.asked.at(-1)?.options.tools?.map(({ name }) => name)).toEqual(['weather', 'broken']);
    const [, calling, ...results] = fake.prompts.at(-1)!;
    const ids = calling?.toolCalls?.map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(ids?.every((id) => /^[a-z0-9]{9}$/.test(id!))).toBe(true);
    expect(results.map(({ role, toolCallId }) => [role, toolCallId])).toEqual(ids?.map((id) => ['tool', id]));
    const told = results.map(({ content }) => content);
    expect(told.slice(0, 3)).toEqual(['{"sky":"blue over Oslo"}', '{"sky":"blue over Rome"}', 'Error: No.']);
    expect(told[3]).toContain('There is no tool none');
    await model.prompt('Thanks');
    expect(
      fake.prompts
        .at(-1)
        ?.map(({ role }) => role)
        .join(' '),
    ).toBe('user assistant tool tool tool tool assistant user');
  });

  test('stream what is said around the calls', async () => {
    const { model, fake } = await session({ tools: [tool('a', () => 'b')] });
    fake.say = ({ messages }) =>
      messages.length === 1 ? { text: 'Hm.', toolCalls: [call('a')], finishReason: 'tool-calls' } : 'Well.';
    let text = '';
    for await (const chunk of model.promptStreaming('x')) text += chunk as string;
    expect(text).toBe('Hm.\n\nWell.');
  });

  test('called on and on end in an error, and no trace', async () => {
    const { model, fake } = await session({ tools: [tool('a', () => 'again')] });
    const usage = model.contextUsage;
    fake.say = () => ({ text: '', toolCalls: [call('a')], finishReason: 'tool-calls' });
    expect((await thrownBy(() => model.prompt('x'))).name).toBe('OperationError');
    expect(fake.prompts.length).toBeLessThan(20);
    expect(model.contextUsage).toBe(usage);
  });

  test('that never return are left behind by an abort', async () => {
    const { model, fake } = await session({ tools: [tool('a', () => new Promise(() => {}))] });
    fake.say = ({ messages }) =>
      messages.at(-1)?.content === 'x' ? { text: '', toolCalls: [call('a')], finishReason: 'tool-calls' } : 'fine';
    const stop = new AbortController();
    const asked = thrownBy(() => model.prompt('x', { signal: stop.signal }));
    await vi.waitFor(() => expect(fake.prompts).toHaveLength(1));
    stop.abort('enough');
    expect(await asked).toBe('enough');
    expect(await model.prompt('y')).toBe('fine');
    expect(fake.prompts.at(-1)).toEqual([user('y')]);
  });

  test('without execute are the page’s to run', async () => {
    const { execute: _, ...open } = tool('a', () => '');
    const options = {
      tools: [open],
      expectedInputs: [{ type: 'tool-response' }],
      expectedOutputs: [{ type: 'tool-call' }],
    } as const;
    const { model, fake } = await session(options);
    fake.say = ({ messages }) =>
      messages.length === 1 ? { text: 'Hm.', toolCalls: [call('a', { b: 1 })], finishReason: 'tool-calls' } : 'Done.';
    const answer = await model.prompt('x');
    if (typeof answer === 'string') throw new Error('The calls are missing.');
    expect(answer[0]).toEqual({ type: 'text', value: 'Hm.' });
    const [, asked] = answer;
    if (asked?.type !== 'tool-call') throw new Error('The call is missing.');
    expect(asked.value).toMatchObject({ name: 'a', arguments: { b: 1 } });
    const { callId } = asked.value;
    const value = { callId, name: 'a', result: [{ type: 'object', value: { c: 2 } }] } as const;
    expect(await model.prompt([{ role: 'user', content: [{ type: 'tool-response', value }] }])).toBe('Done.');
    expect(fake.prompts.at(-1)?.slice(1)).toEqual([
      { role: 'assistant', content: 'Hm.', toolCalls: [{ ...call('a', { b: 1 }), id: callId }] },
      { role: 'tool', content: '{"c":2}', toolCallId: callId },
    ]);
    const chunks: unknown[] = [];
    fake.say = () => ({ text: '', toolCalls: [call('a')], finishReason: 'tool-calls' });
    for await (const chunk of model.promptStreaming('y')) chunks.push(chunk);
    expect(chunks).toMatchObject([{ type: 'tool-call', value: { name: 'a' } }]);
    const failure = { callId, name: 'a', errorMessage: 'No.' };
    await model.append([{ role: 'user', content: [{ type: 'tool-response', value: failure }] }]);
    expect(fake.asked.at(-1)?.messages.at(-1)).toEqual({ role: 'tool', content: 'Error: No.', toolCallId: callId });
  });

  test('tool contents need to be expected, and to stand in the right message', async () => {
    const { model } = await session();
    const value = { callId: 'a', name: 'b', arguments: {}, result: [] };
    const said = (role: string, type: string) => [{ role, content: [{ type, value }] }] as never;
    expect((await thrownBy(() => model.prompt(said('user', 'tool-response')))).name).toBe('NotSupportedError');
    expect((await thrownBy(() => model.prompt(said('assistant', 'tool-call')))).name).toBe('NotSupportedError');
    expect(await thrownBy(() => model.prompt(said('user', 'tool-call')))).toBeInstanceOf(TypeError);
  });
});
