import { expect, test } from 'vitest';
import { splitThoughts, ThoughtMarks } from './thoughts.ts';

test.each([
  ['<think>\nWell.\n</think>\n\nYes.', { thoughts: 'Well.', thinking: false, answer: 'Yes.' }],
  ['\n<think>Well.', { thoughts: 'Well.', thinking: true, answer: '' }],
  ['<think>', { thinking: true, answer: '' }],
  ['<think>\n\n</think>\n\nYes.', { thinking: false, answer: 'Yes.' }],
  ['[THINK]Well.[/THINK]Yes.', { thoughts: 'Well.', thinking: false, answer: 'Yes.' }],
  ['<seed:think>Well.</seed:think>Yes.', { thoughts: 'Well.', thinking: false, answer: 'Yes.' }],
  ['Well.\n</think>\n\nYes.', { thoughts: 'Well.', thinking: false, answer: 'Yes.' }],
  ['Yes.', { thinking: false, answer: 'Yes.' }],
  [
    'Write `<think>` and `</think>` around it.',
    { thinking: false, answer: 'Write `<think>` and `</think>` around it.' },
  ],
  ['', { thinking: false, answer: '' }],
])('%j', (text, parts) => expect(splitThoughts(text)).toEqual(parts));

test('nothing of thoughts shows as an answer at any length', () => {
  const text = '<think>One.\nTwo.</think>Three.';
  for (let length = '<think>'.length; length <= text.length; length++) {
    expect('Three.'.startsWith(splitThoughts(text.slice(0, length)).answer)).toBe(true);
  }
});

test('a model whose template begins the thoughts is known from its first answer on', () => {
  const marks = new ThoughtMarks();
  const answer = { id: 'a', parent: null, role: 'assistant', createdMs: 0, status: 'complete', model: 'R1' } as const;
  expect(marks.missing('R1', 'Well')).toBe('');
  marks.learn({ ...answer, text: 'Well.\n</think>\n\nYes.' });
  marks.learn({ ...answer, model: 'Qwen', text: '<think>\nWell.\n</think>\n\nYes.' });
  expect(marks.missing('R1', 'Well')).toBe('<think>\n');
  expect(marks.missing('R1', '<think>')).toBe('');
  expect(marks.missing('Qwen', 'Well')).toBe('');
  expect(marks.missing(undefined, 'Well')).toBe('');
});
