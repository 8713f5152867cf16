import { expect, test } from 'vitest';
import { MenuKeys } from './menu-keys.ts';

const NAMES = ['Gemma 3', 'Phi-4', 'Qwen3 0.6B', 'Qwen3 4B', 'Get more models…'];

function keys() {
  const menu = new MenuKeys();
  let nowMs = 0;
  return (key: string, current: number, afterMs = 100) => menu.target(key, NAMES, current, (nowMs += afterMs));
}

test('arrows go round, Home and End to the ends', () => {
  const press = keys();
  expect(press('ArrowDown', 4)).toBe(0);
  expect(press('ArrowUp', 0)).toBe(4);
  expect(press('ArrowDown', -1)).toBe(0);
  expect(press('ArrowUp', -1)).toBe(4);
  expect(press('Home', 3)).toBe(0);
  expect(press('End', 0)).toBe(4);
  expect(press('Tab', 0)).toBeUndefined();
  expect(press('Escape', 0)).toBeUndefined();
});

test('a letter again and again goes from one to the next that begins with it', () => {
  const press = keys();
  expect(press('q', 0)).toBe(2);
  expect(press('q', 2)).toBe(3);
  expect(press('Q', 3)).toBe(2);
});

test('letters in quick succession are a word, blanks included; after a pause a new one begins', () => {
  const press = keys();
  expect(press('g', 2)).toBe(4);
  expect(press('e', 4)).toBe(4);
  expect(press('m', 4)).toBe(0);
  expect(press('q', 0, 1000)).toBe(2);
  for (const key of 'wen3') press(key, 2);
  expect(press(' ', 2)).toBe(2);
  expect(press('4', 2)).toBe(3);
});

test('a blank that begins no word is the press of a button, and a word that nothing begins with stays', () => {
  const press = keys();
  expect(press(' ', 1)).toBeUndefined();
  expect(press('x', 1)).toBe(1);
  expect(press('x', -1, 1000)).toBeUndefined();
});
