import { expect, test } from 'vitest';
import { TextFinder } from './text-finder.ts';

test('finds what a search for each would find', () => {
  const texts = ['he', 'she', 'his', 'hers', 'e', 'aa', 'aaa', 'aaaaa', '<|x|>', '|x', 'ß', '👍', 'sh'];
  const finder = new TextFinder(texts);
  for (const whole of ['', 'ushers', 'aaaa', 'aaaaaa', '<|x>|x', '<|x|>', 'ash👍e', '\ud83d', 'hhis', 'eß', 'sshhe']) {
    const expected = texts.map((text) => (whole.includes(text) ? 1 : 0));
    expect({ whole, found: [...finder.occurring(whole)] }).toEqual({ whole, found: expected });
  }
});

test('no texts at all', () => {
  expect(new TextFinder([]).occurring('abc')).toHaveLength(0);
});
