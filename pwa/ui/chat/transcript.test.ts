import { expect, test } from 'vitest';
import { promptOf, titleOf } from './transcript.ts';
import type { ChatMessage } from '../history/records.ts';

function conversation(...texts: string[]): ChatMessage[] {
  return texts.map((text, index) => ({
    id: String(index),
    parent: index === 0 ? null : String(index - 1),
    role: index % 2 === 0 ? 'user' : 'assistant',
    text,
    createdMs: 0,
    status: 'complete',
  }));
}

test('a title is the first line, cut at a word', () => {
  expect(titleOf('  Hello there \nsecond line')).toBe('Hello there');
  expect(titleOf('word '.repeat(20))).toBe(`${'word '.repeat(11)}word…`);
  expect(titleOf('x'.repeat(100))).toBe(`${'x'.repeat(60)}…`);
});

test('a title never splits a character', () => {
  expect(titleOf('😀'.repeat(100))).toBe(`${'😀'.repeat(60)}…`);
});

test('the prompt is the conversation in order', () => {
  expect(promptOf(conversation('one', 'two', 'three'))).toEqual([
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
    { role: 'user', content: 'three' },
  ]);
});

test('questions that got no answer at all are left out, partial answers are kept', () => {
  const messages = conversation('failed', '', 'stopped', 'half an ans', 'now');
  expect(promptOf(messages).map(({ content }) => content)).toEqual(['stopped', 'half an ans', 'now']);
});
