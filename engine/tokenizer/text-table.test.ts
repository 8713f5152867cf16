import { expect, test } from 'vitest';
import { TextTable } from './text-table.ts';

const utf8 = new TextEncoder();

function tableOf(texts: readonly string[]): { find(text: string): number | undefined; twice: [number, number][] } {
  const bytes = utf8.encode(texts.join(''));
  let end = 0;
  const ends = Uint32Array.from(texts, (text) => (end += utf8.encode(text).length));
  const twice: [number, number][] = [];
  const table = new TextTable({ bytes, ends }, (earlier, later) => twice.push([earlier, later]));
  const find = (text: string) => {
    const looked = utf8.encode(`>${text}<`);
    return table.find(looked, 1, looked.length - 1);
  };
  return { find, twice };
}

test('finds each text by its bytes, and no other', () => {
  const texts = Array.from({ length: 50_000 }, (_, i) => `${(i * 7919) % 50_000}é`);
  const { find, twice } = tableOf(['', ...texts]);
  expect(texts.every((text, index) => find(text) === index + 1)).toBe(true);
  expect(['', '0', 'é', '50000é', '1éé', '\u00e9'].map(find)).toEqual([
    0,
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(twice).toEqual([]);
});

test('tells what is there twice; the last is found', () => {
  const { find, twice } = tableOf(['a', 'b', 'a', 'ab', 'a']);
  expect(twice).toEqual([
    [0, 2],
    [2, 4],
  ]);
  expect(['a', 'b', 'ab'].map(find)).toEqual([4, 1, 3]);
});

test('of no texts', () => {
  expect(tableOf([]).find('a')).toBeUndefined();
});
