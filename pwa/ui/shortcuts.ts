/**
 * The keyboard shortcuts: which there are, which keys they have here, and which one an event means.
 *
 * Chosen so that browsers and screen readers keep theirs: Alt and a letter where no browser's menu has it; ⌃⌘ on Apple's, where Alt types
 * letters. Where a person types, keys without Ctrl, ⌘ or Alt stay what they are, but for Escape while an answer is written and the arrow
 * up in an empty composer. The one key that is a sign alone, “?”, can be switched off: speech input and unsteady hands press such keys.
 *
 * @module
 */
import { useEffect, useRef } from 'preact/hooks';

export type Command =
  | 'new-chat'
  | 'search'
  | 'list'
  | 'previous-chat'
  | 'next-chat'
  | 'composer'
  | 'edit-last'
  | 'stop'
  | 'regenerate'
  | 'copy-last'
  | 'models'
  | 'help';

interface Keys {
  /** As `KeyboardEvent.key` has it; letters small. */
  key: string;
  /** 'own': Alt, or ⌃⌘. 'main': Ctrl, or ⌘. */
  held?: 'own' | 'main';
}
interface Shortcut {
  label: string;
  group: 'Chats' | 'Writing' | 'More';
  keys: readonly Keys[];
}

const own = (key: string): Keys => ({ key, held: 'own' });

export const SHORTCUTS: Readonly<Record<Command, Shortcut>> = {
  'new-chat': { label: 'New chat', group: 'Chats', keys: [own('n')] },
  search: { label: 'Search chats', group: 'Chats', keys: [own('k')] },
  list: { label: 'Show or hide the list of chats', group: 'Chats', keys: [own('l')] },
  'previous-chat': { label: 'Previous chat in the list', group: 'Chats', keys: [own('ArrowUp')] },
  'next-chat': { label: 'Next chat in the list', group: 'Chats', keys: [own('ArrowDown')] },
  composer: { label: 'Go to the message field', group: 'Writing', keys: [own('i')] },
  'edit-last': {
    label: 'Edit the last question',
    group: 'Writing',
    keys: [{ key: 'ArrowUp' }],
  },
  stop: { label: 'Stop the answer', group: 'Writing', keys: [{ key: 'Escape' }] },
  regenerate: { label: 'Write the last answer anew', group: 'Writing', keys: [own('r')] },
  'copy-last': { label: 'Copy the last answer', group: 'Writing', keys: [own('c')] },
  models: { label: 'Models', group: 'More', keys: [own('m')] },
  help: { label: 'Keyboard shortcuts', group: 'More', keys: [{ key: '/', held: 'main' }, { key: '?' }] },
};

/** Going through chats goes on while the keys are held. */
const REPEATING: readonly Command[] = ['previous-chat', 'next-chat'];

const MODIFIERS = ['ctrlKey', 'altKey', 'metaKey'] as const;
const HELD = {
  apple: { own: ['ctrlKey', 'metaKey'], main: ['metaKey'] },
  other: { own: ['altKey'], main: ['ctrlKey'] },
} as const;
const NAMES = {
  apple: { ctrlKey: '⌃', altKey: '⌥', metaKey: '⌘' },
  other: { ctrlKey: 'Ctrl', altKey: 'Alt', metaKey: 'Meta' },
} as const;
const ARIA_NAMES = { ctrlKey: 'Control', altKey: 'Alt', metaKey: 'Meta' } as const;
const KEY_NAMES: Record<string, string> = { ArrowUp: '↑', ArrowDown: '↓', Escape: 'Esc' };

export type Platform = keyof typeof NAMES;
/** Where a key is pressed. */
export type Place = 'page' | 'text' | 'empty-composer';

export type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey' | 'repeat'>;

export function platformOf(userAgent: string): Platform {
  return /Mac OS X|Macintosh|iPhone|iPad/.test(userAgent) ? 'apple' : 'other';
}

export function commandOf(pressed: Pressed, platform: Platform, place: Place): Command | undefined {
  const key = keyOf(pressed);
  for (const [name, { keys }] of Object.entries(SHORTCUTS)) {
    const command = name as Command;
    if (pressed.repeat && !REPEATING.includes(command)) continue;
    if (!keys.some((one) => one.key === key && holds(pressed, one, platform))) continue;
    if (command === 'edit-last' && place !== 'empty-composer') continue;
    if (key === '?' && place !== 'page') continue;
    return command;
  }
  return undefined;
}

/** ['Alt', 'N'], for people; on Apple's ['⌃', '⌘', 'N']. */
export function keyNames({ key, held }: Keys, platform: Platform): string[] {
  const modifiers = held ? HELD[platform][held] : [];
  return [...modifiers.map((modifier) => NAMES[platform][modifier]), KEY_NAMES[key] ?? key.toUpperCase()];
}

/** For `aria-keyshortcuts`. */
export function ariaKeys(command: Command, platform = platformOf(navigator.userAgent)): string {
  const written = ({ key, held }: Keys) =>
    [...(held ? HELD[platform][held] : []).map((modifier) => ARIA_NAMES[modifier]), key].join('+');
  return SHORTCUTS[command].keys.map(written).join(' ');
}

/** 'New chat (Alt N)', for a title that shows what to press. */
export function withKeys(label: string, command: Command, platform = platformOf(navigator.userAgent)): string {
  return `${label} (${keyNames(SHORTCUTS[command].keys[0]!, platform).join(platform === 'apple' ? '' : '+')})`;
}

const SIGN_ALONE_KEY = 'localllm-question-mark';

/** Whether “?” alone shows the shortcuts. */
export const signAlone = {
  get: (): boolean => localStorage.getItem(SIGN_ALONE_KEY) !== 'off',
  set: (on: boolean): void => localStorage.setItem(SIGN_ALONE_KEY, on ? 'on' : 'off'),
};

export type Handlers = Partial<Record<Command, (() => void) | undefined>>;

/** Calls the handler of a shortcut that is pressed anywhere in the page, unless something else has the keyboard: a dialog, a menu. */
export function useShortcuts(handlersNow: () => Handlers): void {
  const latest = useRef(handlersNow);
  latest.current = handlersNow;
  useEffect(() => {
    const platform = platformOf(navigator.userAgent);
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
      const command = commandOf(event, platform, placeOf(event.target));
      const handler = command && latest.current()[command];
      if (event.key === '?' && !signAlone.get()) return;
      if (!handler || document.querySelector('dialog:modal, :popover-open')) return;
      event.preventDefault();
      handler();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
}

function holds(pressed: Pressed, { key, held }: Keys, platform: Platform): boolean {
  const wanted: readonly string[] = held ? HELD[platform][held] : [];
  // Signs are typed with Shift on some keyboards and without on others.
  if (pressed.shiftKey && /^(?:[a-z]|\w{2,})$/.test(key)) return false;
  return MODIFIERS.every((modifier) => pressed[modifier] === wanted.includes(modifier));
}

/** The letter on the key where the keyboard writes another script. */
function keyOf({ key, code }: Pressed): string {
  if (key.length !== 1) return key;
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  return (key.charCodeAt(0) > 0x7f && letter ? letter : key).toLowerCase();
}

function placeOf(target: EventTarget | null): Place {
  if (!(target instanceof HTMLElement)) return 'page';
  if (target instanceof HTMLTextAreaElement && target.closest('.composer') && target.value === '')
    return 'empty-composer';
  return target.isContentEditable ||
    target.matches('textarea, select, input:not([type=checkbox], [type=radio], [type=button])')
    ? 'text'
    : 'page';
}
