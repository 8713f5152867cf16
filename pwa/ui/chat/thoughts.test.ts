import { expect, test } from 'vitest';
import { splitThoughts } from './thoughts.ts';

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
