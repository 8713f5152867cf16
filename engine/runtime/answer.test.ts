import { describe, expect, it } from 'vitest';
import type { GenerateParams } from '../protocol/messages.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { Answer } from './answer.ts';

/** Token ids are code points; 0 ends the answer. */
const tokenizer = {
  eogIds: new Set([0]),
  decoder: () => ({ push: (id: number) => String.fromCodePoint(id), flush: () => '' }),
} as unknown as Tokenizer;

function answer(text: string, options: GenerateParams, end: 'eog' | 'cut' | 'none' = 'eog') {
  const deltas: string[] = [];
  const subject = new Answer(tokenizer, options, (delta) => deltas.push(delta));
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

  it('takes the earliest of several stop strings', () => {
    expect(answer('abcd', { stop: ['cd', 'bcd'] }).text).toBe('a');
  });

  it('parses tool calls and does not stream them', () => {
    const call = '<tool_call>\n{"name": "add", "arguments": {"a": 1}}\n</tool_call>';
    const { deltas, finishReason, toolCalls } = answer(`Let me see. ${call}`, { tools: [{ name: 'add' }] });
    expect(deltas.join('').trim()).toBe('Let me see.');
    expect(finishReason).toBe('tool-calls');
    expect(toolCalls).toMatchObject([{ name: 'add', arguments: { a: 1 } }]);
  });

  it('leaves the same text alone where no tools were given', () => {
    const text = '<tool_call>\n{"name": "add", "arguments": {}}\n</tool_call>';
    expect(answer(text, {})).toMatchObject({ text, finishReason: 'stop' });
  });
});
