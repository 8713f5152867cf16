import { expect, test } from 'vitest';
import { nextAnnouncement } from './announcements.ts';

test('only whole sentences are announced while an answer is written', () => {
  expect(nextAnnouncement('Paris is', 0, false)).toEqual({ text: '', announced: 0 });
  expect(nextAnnouncement('Paris is it. And the', 0, false)).toEqual({ text: 'Paris is it.', announced: 13 });
});

test('a number is not the end of a sentence', () => {
  expect(nextAnnouncement('It is 2.1 million', 0, false).text).toBe('');
});

test('every character is announced exactly once', () => {
  const answer = 'One. Two! (Three?) four\nfive “six.” and the rest';
  let announced = 0;
  let spoken = '';
  for (let length = 1; length <= answer.length; length++) {
    const next = nextAnnouncement(answer.slice(0, length), announced, length === answer.length);
    announced = next.announced;
    spoken += next.text === '' ? '' : ` ${next.text}`;
  }
  expect(spoken.replace(/\s+/g, ' ').trim()).toBe(answer.replace(/\s+/g, ' '));
});
