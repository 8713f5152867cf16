import { expect, test } from 'vitest';
import { ariaKeys, commandOf, keyNames, platformOf, SHORTCUTS, withKeys } from './shortcuts.ts';
import type { Platform, Pressed } from './shortcuts.ts';

function press(keys: string): Pressed {
  const parts = keys.split(' ');
  const key = parts.at(-1)!;
  return {
    key,
    code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : '',
    ctrlKey: parts.includes('Ctrl'),
    altKey: parts.includes('Alt'),
    metaKey: parts.includes('Meta'),
    shiftKey: parts.includes('Shift'),
    repeat: parts.includes('again'),
  };
}

test.each<[string, Platform, string | undefined]>([
  ['Alt n', 'other', 'new-chat'],
  ['Ctrl Meta n', 'apple', 'new-chat'],
  ['Alt n', 'apple', undefined],
  ['n', 'other', undefined],
  ['Ctrl Alt n', 'other', undefined], // AltGr, which types letters
  ['Alt Shift N', 'other', undefined],
  ['Alt ArrowUp', 'other', 'previous-chat'],
  ['Alt again ArrowDown', 'other', 'next-chat'],
  ['Alt again n', 'other', undefined],
  ['Shift ArrowUp', 'other', undefined],
  ['Ctrl /', 'other', 'help'],
  ['Ctrl Shift /', 'other', 'help'],
  ['Meta /', 'apple', 'help'],
  ['Shift ?', 'other', 'help'],
  ['Escape', 'other', 'stop'],
  ['Shift Escape', 'other', undefined],
])('%s on %s is %s', (keys, platform, command) => {
  expect(commandOf(press(keys), platform, 'page')).toBe(command);
});

test('a keyboard of another script has the letters at the same place', () => {
  expect(commandOf({ ...press('Alt т'), code: 'KeyN' }, 'other', 'text')).toBe('new-chat');
  expect(commandOf({ ...press('Alt r'), code: 'KeyO' }, 'other', 'text')).toBe('regenerate'); // Dvorak
});

test('where a person types, plain keys stay what they are', () => {
  for (const place of ['text', 'empty-composer'] as const) {
    expect(commandOf(press('Shift ?'), 'other', place)).toBeUndefined();
    expect(commandOf(press('Ctrl /'), 'other', place)).toBe('help');
    expect(commandOf(press('Alt k'), 'other', place)).toBe('search');
    expect(commandOf(press('Escape'), 'other', place)).toBe('stop');
  }
  expect(commandOf(press('ArrowUp'), 'other', 'empty-composer')).toBe('edit-last');
  expect(commandOf(press('ArrowUp'), 'other', 'text')).toBeUndefined();
  expect(commandOf(press('ArrowUp'), 'other', 'page')).toBeUndefined();
});

test('no two commands have the same keys, and none has what browsers keep for themselves', () => {
  // Menus, the address bar, home: Chrome, Edge and Firefox.
  const reserved = new Set(['d', 'e', 'f', 's', 'b', 't', 'h', 'v', 'Home', 'ArrowLeft', 'ArrowRight', 'Enter', ' ']);
  const seen = new Set<string>();
  for (const { keys } of Object.values(SHORTCUTS)) {
    for (const one of keys) {
      const words = keyNames(one, 'other').join(' ');
      expect(seen).not.toContain(words);
      seen.add(words);
      expect(one.held === 'own' && reserved.has(one.key)).toBe(false);
    }
  }
});

test('keys are named as the platform names them', () => {
  expect(withKeys('New chat', 'new-chat', 'other')).toBe('New chat (Alt+N)');
  expect(withKeys('New chat', 'new-chat', 'apple')).toBe('New chat (⌃⌘N)');
  expect(ariaKeys('next-chat', 'other')).toBe('Alt+ArrowDown');
  expect(ariaKeys('help', 'apple')).toBe('Meta+/ ?');
  expect(platformOf('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15')).toBe('apple');
  expect(platformOf('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36')).toBe('other');
});
