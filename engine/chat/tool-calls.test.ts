import { expect, test } from 'vitest';
import { parseToolCalls } from './tool-calls.ts';
import { TOOL_MARKS, toolCallFormat, type ToolCallFormat, toolMarks } from './tool-call-format.ts';

const parse = (text: string, format: ToolCallFormat = 'hermes') =>
  parseToolCalls(text, { format, ...TOOL_MARKS[format] });
const call = (json: string) => `<tool_call>\n${json}\n</tool_call>`;

test('takes calls out of the text', () => {
  const text = `I will look.\n${call('{"name": "f", "arguments": {"a": 1}}')}\n${call('{"name": "g", "arguments": {}}')}`;
  expect(parse(text)).toEqual({
    content: 'I will look.\n',
    toolCalls: [
      { name: 'f', arguments: { a: 1 } },
      { name: 'g', arguments: {} },
    ],
  });
});

test('takes arguments written as a JSON text, and a last call without its end', () => {
  expect(parse('<tool_call>{"name": "f", "arguments": "{\\"a\\": [1]}"}').toolCalls).toEqual([
    { name: 'f', arguments: { a: [1] } },
  ]);
  expect(parse(call('{"name": "f"}')).toolCalls).toEqual([{ name: 'f', arguments: {} }]);
});

test('marks within the arguments are text', () => {
  const given = { text: 'a "</tool_call>" and <tool_call>{"name": "g"} \\ [ARGS]{ [TOOL_CALLS]' };
  const json = JSON.stringify(given);
  const wanted = [{ name: 'f', arguments: given }];
  expect(parse(call(`{"name": "f", "arguments": ${json}}`)).toolCalls).toEqual(wanted);
  expect(parse(`[TOOL_CALLS]f[ARGS]${json}`, 'mistral-args').toolCalls).toEqual(wanted);
  expect(parse(`[TOOL_CALLS][{"name": "f", "arguments": ${json}}]`, 'mistral-list').toolCalls).toEqual(wanted);
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
  expect(parse(text)).toEqual({ content: text, toolCalls: [] });
});

test('finds a call behind a broken one', () => {
  const { content, toolCalls } = parse(`<tool_call>oops ${call('{"name": "f", "arguments": {}}')}`);
  expect(content).toBe('<tool_call>oops ');
  expect(toolCalls).toEqual([{ name: 'f', arguments: {} }]);
});

test.each(['<tool_call>{', '<tool_call>{}', '<tool_call>\n\n'])('many openings without an end: %j', (opening) => {
  const text = opening.repeat(20_000);
  expect(parse(text)).toEqual({ content: text, toolCalls: [] });
});

test.each<[ToolCallFormat, string, object]>([
  [
    'llama-3',
    '{"name": "f", "parameters": {"a": 1}}',
    { content: '', toolCalls: [{ name: 'f', arguments: { a: 1 } }] },
  ],
  [
    'llama-3',
    '<|python_tag|>{"name": "f", "parameters": {}}',
    { content: '', toolCalls: [{ name: 'f', arguments: {} }] },
  ],
  ['llama-3', 'It is {"name": "f"}', { content: 'It is {"name": "f"}', toolCalls: [] }],
  [
    'mistral-list',
    'So: [TOOL_CALLS] [{"name": "f", "arguments": {}}, {"name": "g", "arguments": {}, "id": "abcdefghi"}]',
    {
      content: 'So: ',
      toolCalls: [
        { name: 'f', arguments: {} },
        { id: 'abcdefghi', name: 'g', arguments: {} },
      ],
    },
  ],
  ['mistral-list', '[TOOL_CALLS][{"name": "f"', { content: '[TOOL_CALLS][{"name": "f"', toolCalls: [] }],
  [
    'mistral-args',
    'So: [TOOL_CALLS]f[ARGS]{"a": 1}[TOOL_CALLS]g[ARGS]{}',
    {
      content: 'So: ',
      toolCalls: [
        { name: 'f', arguments: { a: 1 } },
        { name: 'g', arguments: {} },
      ],
    },
  ],
  ['mistral-args', '[TOOL_CALLS]f[ARGS]{"a": ', { content: '[TOOL_CALLS]f[ARGS]{"a": ', toolCalls: [] }],
])('%s: %s', (format, text, result) => {
  expect(parse(text, format)).toEqual(result);
});

test.each([
  ['{{ "<tool_call>" }}', 'hermes'],
  ['<|start_header_id|>', 'llama-3'],
  ['[INST] [TOOL_CALLS] [', 'mistral-list'],
  ['[INST] [TOOL_CALLS] name [ARGS]', 'mistral-args'],
  ['something else', 'hermes'],
])('the format that a template shows: %s', (source, format) => {
  expect(toolCallFormat(source)).toBe(format);
});

test('marks that are control tokens are characters that nobody can write', () => {
  const {
    begin,
    arguments: given,
    tokens,
  } = toolMarks('mistral-args', (text) => (text === '[TOOL_CALLS]' ? 5 : undefined));
  expect([begin, given]).toEqual(['\u{10fff0}', '[ARGS]']);
  expect([...tokens]).toEqual([[5, '\u{10fff0}']]);
});
