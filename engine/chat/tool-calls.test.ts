import { expect, test } from 'vitest';
import { parseToolCalls } from './tool-calls.ts';

const call = (json: string) => `<tool_call>\n${json}\n</tool_call>`;

test('takes calls out of the text', () => {
  const text = `I will look.\n${call('{"name": "f", "arguments": {"a": 1}}')}\n${call('{"name": "g", "arguments": {}}')}`;
  expect(parseToolCalls(text)).toEqual({
    content: 'I will look.\n',
    toolCalls: [
      { name: 'f', arguments: { a: 1 } },
      { name: 'g', arguments: {} },
    ],
  });
});

test('takes arguments written as a JSON text, and a last call without its end', () => {
  expect(parseToolCalls('<tool_call>{"name": "f", "arguments": "{\\"a\\": [1]}"}').toolCalls).toEqual([
    { name: 'f', arguments: { a: [1] } },
  ]);
  expect(parseToolCalls(call('{"name": "f"}')).toolCalls).toEqual([{ name: 'f', arguments: {} }]);
});

test.each([
  'No call at all.',
  call('{"name": "f", "arguments": {'),
  call('{"arguments": {}}'),
  call('{"name": "", "arguments": {}}'),
  call('{"name": "f", "arguments": [1]}'),
  call('[]'),
  '<tool_call>',
])('leaves what is no sound call in the text: %s', (text) => {
  expect(parseToolCalls(text)).toEqual({ content: text, toolCalls: [] });
});

test('finds a call behind a broken one', () => {
  const { content, toolCalls } = parseToolCalls(`<tool_call>oops ${call('{"name": "f", "arguments": {}}')}`);
  expect(content).toBe('<tool_call>oops ');
  expect(toolCalls).toEqual([{ name: 'f', arguments: {} }]);
});

test('many openings without an end', () => {
  const text = '<tool_call>{'.repeat(20_000);
  expect(parseToolCalls(text)).toEqual({ content: text, toolCalls: [] });
});
