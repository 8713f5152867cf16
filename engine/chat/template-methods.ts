/**
 * Methods of texts, lists and dictionaries that chat templates call, as in Python.
 *
 * @module
 */
import { Arguments } from './template-arguments.ts';
import type { Limits } from './template-limits.ts';
import {
  Callable,
  compare,
  Dict,
  equal,
  itemsOf,
  keyOf,
  List,
  list,
  None,
  Text,
  text,
  textOf,
  truth,
  tuple,
  type Value,
  valueOfKey,
  Whole,
} from './template-values.ts';

type Method<T> = (self: T, given: Arguments, limits: Limits) => Value;

/** Python's white space: JavaScript's, the separators of ASCII and U+0085, without U+FEFF. */
const BLANKS =
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a' +
  '\u2028\u2029\u202f\u205f\u3000';

/** The text without the characters of `chars`, white space when undefined, at its ends. */
export function strip(value: string, chars: string | undefined, left: boolean, right: boolean): string {
  const goes = (char: string) => (chars ?? BLANKS).includes(char);
  let start = 0;
  let end = value.length;
  if (left) while (start < end && goes(value.charAt(start))) start++;
  if (right) while (end > start && goes(value.charAt(end - 1))) end--;
  return value.slice(start, end);
}

const stripper =
  (left: boolean, right: boolean): Method<string> =>
  (self, given) =>
    text(strip(self, given.at(0) === undefined ? undefined : given.text(0, 'chars'), left, right));

/** Index of the first white space, -1 where there is none. */
function blankIn(value: string): number {
  for (let i = 0; i < value.length; i++) if (BLANKS.includes(value.charAt(i))) return i;
  return -1;
}

function words(value: string, most: number): string[] {
  const found: string[] = [];
  let rest = strip(value, undefined, true, false);
  while (rest !== '') {
    const end = found.length === most ? -1 : blankIn(rest);
    found.push(end < 0 ? rest : rest.slice(0, end));
    rest = end < 0 ? '' : strip(rest.slice(end), undefined, true, false);
  }
  return found;
}

function split(self: string, given: Arguments, fromRight: boolean): string[] {
  const most = given.number(1, 'maxsplit', -1);
  const limit = most < 0 ? Infinity : most;
  if (given.at(0, 'sep') === undefined) {
    if (fromRight && limit !== Infinity) throw new Error('rsplit with maxsplit needs a separator');
    return words(self, limit);
  }
  const separator = given.text(0, 'sep');
  if (separator === '') throw new Error('the separator is empty');
  const parts = self.split(separator);
  if (parts.length <= limit + 1) return parts;
  return fromRight
    ? [parts.slice(0, parts.length - limit).join(separator), ...parts.slice(parts.length - limit)]
    : [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

/** Counts before it builds. */
export function replaceText(self: string, given: Arguments, limits: Limits): string {
  const [from, to] = [given.text(0, 'old'), given.text(1, 'new')];
  const most = given.number(2, 'count', -1);
  // Between characters, and at both ends, as Python does for an empty text.
  const parts = from === '' ? ['', ...Array.from(self), ''] : self.split(from);
  const count = Math.min(parts.length - 1, most < 0 ? Infinity : most);
  limits.chars(self.length + count * (to.length - from.length));
  return (
    parts.slice(0, count + 1).join(to) + (count + 1 < parts.length ? from + parts.slice(count + 1).join(from) : '')
  );
}

export const capitalized = (value: string) => value.charAt(0).toUpperCase() + value.slice(1).toLowerCase();
export const titled = (value: string) => value.replaceAll(/\p{L}+/gu, capitalized);

/** `{}`, `{0}` and `{name}` only: no widths, attributes or types. */
function format(self: string, given: Arguments, limits: Limits): string {
  let next = 0;
  let length = self.length;
  return self.replaceAll(/\{\{|\}\}|\{(\w*)\}/g, (found, name: string | undefined) => {
    if (name === undefined) return found.charAt(0);
    const value = /^\d*$/.test(name) ? given.all[name === '' ? next++ : Number(name)] : given.names.get(name);
    if (value === undefined) throw new Error(`format has no value for {${name}}`);
    const made = textOf(value, limits);
    limits.chars((length += made.length));
    return made;
  });
}

export function joined(separator: string, items: readonly Value[], limits: Limits): string {
  const texts = items.map((item) => textOf(item, limits));
  limits.chars(texts.reduce((sum, item) => sum + item.length + separator.length, 0));
  return texts.join(separator);
}

const ends = (self: string, given: Arguments, test: (part: string) => boolean) => {
  const wanted = given.at(0);
  return truth(
    (wanted instanceof List ? wanted.value : [wanted]).some((part) => part instanceof Text && test(part.value)),
  );
};
const every =
  (pattern: RegExp): Method<string> =>
  (self) =>
    truth(pattern.test(self));
const find =
  (search: (self: string, part: string) => number): Method<string> =>
  (self, given) =>
    new Whole(search(self, given.text(0, 'sub')));

const OF_TEXT: Record<string, Method<string>> = {
  upper: (self) => text(self.toUpperCase()),
  lower: (self) => text(self.toLowerCase()),
  title: (self) => text(titled(self)),
  capitalize: (self) => text(capitalized(self)),
  strip: stripper(true, true),
  lstrip: stripper(true, false),
  rstrip: stripper(false, true),
  removeprefix: (self, given) => {
    const part = given.text(0, 'prefix');
    return text(self.startsWith(part) ? self.slice(part.length) : self);
  },
  removesuffix: (self, given) => {
    const part = given.text(0, 'suffix');
    return text(part !== '' && self.endsWith(part) ? self.slice(0, -part.length) : self);
  },
  startswith: (self, given) => ends(self, given, (part) => self.startsWith(part)),
  endswith: (self, given) => ends(self, given, (part) => self.endsWith(part)),
  split: (self, given) => list(split(self, given, false).map(text)),
  rsplit: (self, given) => list(split(self, given, true).map(text)),
  splitlines: (self) =>
    list(
      self === ''
        ? []
        : self
            .replace(/(?:\r\n|[\n\r])$/, '')
            .split(/\r\n|[\n\r]/)
            .map(text),
    ),
  replace: (self, given, limits) => text(replaceText(self, given, limits)),
  format: (self, given, limits) => text(format(self, given, limits)),
  join: (self, given, limits) => text(joined(self, itemsOf(given.at(0) ?? list([])), limits)),
  find: find((self, part) => self.indexOf(part)),
  rfind: find((self, part) => self.lastIndexOf(part)),
  index: find((self, part) => {
    if (!self.includes(part)) throw new Error('the text sought is not there');
    return self.indexOf(part);
  }),
  count: find((self, part) => (part === '' ? self.length + 1 : self.split(part).length - 1)),
  isdigit: every(/^\p{Nd}+$/u),
  isnumeric: every(/^\p{N}+$/u),
  isalpha: every(/^\p{L}+$/u),
  isalnum: every(/^[\p{L}\p{N}]+$/u),
  isspace: (self) => truth(self !== '' && strip(self, undefined, true, false) === ''),
  isupper: (self) => truth(self !== self.toLowerCase() && self === self.toUpperCase()),
  islower: (self) => truth(self !== self.toUpperCase() && self === self.toLowerCase()),
};

const none = new None(null);

const OF_LIST: Record<string, Method<Value[]>> = {
  append: (self, given, limits) => {
    limits.items(self.push(given.at(0) ?? none));
    return none;
  },
  extend: (self, given, limits) => {
    const more = itemsOf(given.at(0) ?? list([]));
    limits.items(self.length + more.length);
    self.push(...more.slice());
    return none;
  },
  insert: (self, given, limits) => {
    limits.items(self.length + 1);
    limits.step();
    self.splice(given.number(0, 'index', 0), 0, given.all[1] ?? none);
    return none;
  },
  pop: (self, given) => {
    const [item] = self.splice(given.number(0, 'index', -1), 1);
    if (item === undefined) throw new Error('pop from a list that has no such item');
    return item;
  },
  reverse: (self) => {
    self.reverse();
    return none;
  },
  sort: (self, _given, limits) => {
    self.sort((a, b) => compare(a, b, limits));
    return none;
  },
  copy: (self) => list([...self]),
  index: (self, given, limits) => {
    const at = self.findIndex((item) => equal(item, given.at(0) ?? none, limits));
    if (at < 0) throw new Error('the value sought is not in the list');
    return new Whole(at);
  },
  count: (self, given, limits) => new Whole(self.filter((item) => equal(item, given.at(0) ?? none, limits)).length),
};

const OF_DICT: Record<string, Method<Map<unknown, Value>>> = {
  get: (self, given) => self.get(keyOf(given.all[0] ?? none)) ?? given.all[1] ?? given.names.get('default') ?? none,
  items: (self) => list([...self].map(([key, value]) => tuple([valueOfKey(key), value]))),
  keys: (self) => list([...self.keys()].map(valueOfKey)),
  values: (self) => list([...self.values()]),
  copy: (self) => new Dict(new Map(self)),
  update: (self, given) => {
    const more = given.at(0);
    if (more instanceof Dict) for (const [key, value] of more.value) self.set(key, value);
    for (const [key, value] of given.names) self.set(key, value);
    return none;
  },
  setdefault: (self, given) => {
    const key = keyOf(given.all[0] ?? none);
    if (!self.has(key)) self.set(key, given.all[1] ?? none);
    return self.get(key)!;
  },
  pop: (self, given) => {
    const key = keyOf(given.all[0] ?? none);
    const value = self.get(key) ?? given.all[1];
    if (value === undefined) throw new Error('pop of a key that is not there');
    self.delete(key);
    return value;
  },
};

function bind<T>(table: Record<string, Method<T>>, self: T, name: string, limits: Limits): Value | undefined {
  const method = Object.hasOwn(table, name) ? table[name] : undefined;
  if (method === undefined) return undefined;
  return new Callable((given) => {
    limits.step();
    return method(self, Arguments.ofCall(given), limits);
  });
}

/** The method of this name, undefined when the value has none. */
export function methodOf(self: Value, name: string, limits: Limits): Value | undefined {
  if (self instanceof Text) return bind(OF_TEXT, self.value, name, limits);
  if (self instanceof List) return bind(OF_LIST, self.value, name, limits);
  // Not of the arguments' own dictionary, nor of the loop's.
  return self instanceof Dict ? bind(OF_DICT, self.value, name, limits) : undefined;
}
