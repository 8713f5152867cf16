import { describe, expect, it } from 'vitest';
import { TOOL_MARKS, type ToolCallFormat, type ToolMarks } from '../chat/tool-call-format.ts';
import type { GenerateParams } from '../protocol/messages.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { Answer } from './answer.ts';

/** Token ids are code points; 0 ends the answer. */
const tokenizer = {
  eogIds: new Set([0]),
  decoder: () => ({ push: (id: number) => String.fromCodePoint(id), flush: () => '' }),
} as unknown as Tokenizer;

const marksOf = (format: ToolCallFormat): ToolMarks => ({ format, ...TOOL_MARKS[format], tokens: new Map() });

function answer(text: string, options: GenerateParams, end: 'eog' | 'cut' | 'none' = 'eog', marks?: ToolMarks) {
  const deltas: string[] = [];
  const subject = new Answer(tokenizer, options, (delta) => deltas.push(delta), { marks });
  for (const character of text) {
    if (subject.finishReason !== undefined) break;
    subject.push(character.codePointAt(0)!);
  }
  if (subject.finishReason === undefined && end === 'eog') subject.push(0);
  if (end === 'cut') subject.cut();
  return { deltas, ...subject.result(), tokens: subject.completionTokens };
}

describe('Answer', () => {
  it('streams text and ends at a stop token, which adds nothing', () => {
    const { deltas, text, finishReason, tokens } = answer('hello', {});
    expect(deltas.join('')).toBe('hello');
    expect({ text, finishReason, tokens }).toEqual({ text: 'hello', finishReason: 'stop', tokens: 6 });
  });

  it('ends before a stop string and never streams part of one', () => {
    const { deltas, text, finishReason } = answer('one END two', { stop: ['END'] });
    expect(text).toBe('one ');
    expect(finishReason).toBe('stop');
    expect(deltas.join('')).toBe('one ');
  });

  it('streams what only looked like a stop string', () => {
    const { deltas, text } = answer('one EN two', { stop: ['END'] });
    expect(text).toBe('one EN two');
    expect(deltas.join('')).toBe('one EN two');
    expect(deltas).toContain('EN '); // held back until the space told them apart
  });

  it('hands out held back text when the answer is cut', () => {
    const { deltas, finishReason } = answer('one EN', { stop: ['END'] }, 'cut');
    expect(deltas.join('')).toBe('one EN');
    expect(finishReason).toBe('length');
  });

  it('has what the prompt began it with, where no stop string is', () => {
    const deltas: string[] = [];
    const subject = new Answer(tokenizer, { stop: ['\n\n'] }, (delta) => deltas.push(delta), { begun: '<think>\n' });
    for (const character of '\nWell.\n\nNo.') {
      if (subject.finishReason === undefined) subject.push(character.codePointAt(0)!);
    }
    expect(subject.result()).toEqual({ text: '<think>\n\nWell.', finishReason: 'stop' });
    expect(deltas.join('')).toBe('<think>\n\nWell.');
    expect(subject.completionTokens).toBe(8);
  });

  it('takes the earliest of several stop strings', () => {
    expect(answer('abcd', { stop: ['cd', 'bcd'] }).text).toBe('a');
  });

  it.each<[ToolCallFormat, text: string, call: string]>([
    ['hermes', 'Let me see. ', '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>'],
    ['llama-3', '', '{"name": "add", "parameters": {"a": 1}}'],
    ['mistral-list', 'Let me see. ', '[TOOL_CALLS][{"name": "add", "arguments": {"a": 1}}]'],
    ['mistral-args', 'Let me see. ', '[TOOL_CALLS]add[ARGS]{"a": 1}'],
  ])('parses calls of %s, names them and does not stream them', (format, before, call) => {
    const { deltas, text, finishReason, toolCalls } = answer(before + call, {}, 'eog', marksOf(format));
    expect([deltas.join(''), text]).toEqual([before, before]);
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls).toEqual([{ id: expect.stringMatching(/^[a-z0-9]{9}$/), name: 'add', arguments: { a: 1 } }]);
  });

  it('says that a call was cut', () => {
    const { deltas, text, finishReason, toolCalls } = answer('So: <tool_call>{"na', {}, 'cut', marksOf('hermes'));
    expect([deltas.join(''), text, finishReason, toolCalls]).toEqual([
      'So: ',
      'So: <tool_call>{"na',
      'length',
      undefined,
    ]);
  });

  it('reads control tokens as marks, and shows none of them', () => {
    const mark = '\u{10fff0}';
    const marks: ToolMarks = { format: 'mistral-list', begin: mark, arguments: '', tokens: new Map([[7, mark]]) };
    const call = '\u0007[{"name": "add", "arguments": {"a": 1}, "id": "abcdefghi"}]';
    const { deltas, text, toolCalls } = answer(`Yes${call}`, {}, 'eog', marks);
    expect([deltas.join(''), text]).toEqual(['Yes', 'Yes']);
    expect(toolCalls).toEqual([{ id: 'abcdefghi', name: 'add', arguments: { a: 1 } }]);
    expect(answer('Yes\u0007[{', {}, 'cut', marks)).toMatchObject({ text: 'Yes[{', finishReason: 'length' });
  });

  it('ends where nothing can follow', () => {
    const deltas: string[] = [];
    const subject = new Answer(tokenizer, { stop: ['}}'] }, (delta) => deltas.push(delta));
    for (const character of '{}') subject.push(character.codePointAt(0)!);
    subject.complete();
    expect([deltas.join(''), subject.finishReason]).toEqual(['{}', 'stop']);
  });

  it('leaves the same text alone where no tools were given', () => {
    const text = '<tool_call>\n{"name": "add", "arguments": {}}\n</tool_call>';
    expect(answer(text, {})).toMatchObject({ text, finishReason: 'stop' });
  });
});
