import { expect, test } from 'vitest';
import { optionsOf, promptOf, titled, titleOf } from './transcript.ts';
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

test('a question that was followed by another one is left out: many templates take no two in a row', () => {
  const [cut, now] = conversation('cut', 'now');
  expect(promptOf([cut!, { ...now!, role: 'user' }])).toEqual([{ role: 'user', content: 'now' }]);
});

test('a chat that asks nothing is called after what is attached', () => {
  expect(titleOf('', [{ name: 'notes.md', text: 'x' }])).toBe('notes.md');
  expect(titleOf('')).toBe('New chat');
});

test('a title that a person wrote stays until it is emptied', () => {
  const record = { id: 'c', title: 'Hi', titledBy: 'question', createdMs: 0, updatedMs: 0 } as const;
  const named = titled(record, ' My chat ');
  expect(named).toMatchObject({ title: 'My chat', titledBy: 'person' });
  expect(titled(named, ' ')).toBe(named);
  expect(titled(named, '', conversation('What now?')[0])).toMatchObject({ title: 'What now?', titledBy: 'question' });
});

test('attached texts stand before the question, between fences that nothing in them closes', () => {
  const [question] = conversation('Which one?');
  const attachments = [
    { name: 'a "b".md', text: 'code:\n````js\n1\n````\n' },
    { name: 'plain.txt', text: 'last line' },
  ];
  const [{ content } = { content: '' }] = promptOf([{ ...question!, attachments }]);
  expect(content).toBe(
    'File "a \\"b\\".md":\n`````\ncode:\n````js\n1\n````\n`````\n\nFile "plain.txt":\n```\nlast line\n```\n\nWhich one?',
  );
  expect(promptOf([{ ...question!, text: '', attachments }])).toHaveLength(1);
});

test('earlier thoughts are not shown to the model again', () => {
  const messages = conversation('Why?', '<think>\nHm.\n</think>\n\nBecause.', 'And?');
  expect(promptOf(messages).map(({ content }) => content)).toEqual(['Why?', 'Because.', 'And?']);
  const stopped = conversation('Why?', '<think>\nHm.', 'And?');
  expect(promptOf(stopped).map(({ content }) => content)).toEqual(['And?']);
});

test('a blank system prompt is none', () => {
  expect(optionsOf({ system: ' ', temperature: 0 })).toEqual({ temperature: 0 });
  expect(optionsOf({ system: 'Be brief.', seed: 7 })).toEqual({ system: 'Be brief.', seed: 7 });
});
