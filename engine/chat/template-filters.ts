/**
 * Jinja's filters, as far as chat templates use them.
 *
 * @module
 */
import type { Arguments } from './template-arguments.ts';
import type { Limits } from './template-limits.ts';
import { capitalized, joined, replaceText, strip, titled } from './template-methods.ts';
import {
  compare,
  Dict,
  equal,
  isNumber,
  isTrue,
  itemsOf,
  type JsonStyle,
  List,
  list,
  Missing,
  None,
  numberOf,
  Real,
  Text,
  text,
  textOf,
  toJson,
  tuple,
  typeName,
  type Value,
  valueOfKey,
  Whole,
} from './template-values.ts';
import { runTest } from './template-tests.ts';

type Filter = (value: Value, given: Arguments, limits: Limits) => Value;

const missing = new Missing(undefined);
/** Widest indentation, which a template could otherwise make any size. */
const MAX_INDENT = 64;

const pathOf = (path: Value | undefined): string[] =>
  path instanceof Text ? path.value.split('.') : path instanceof Whole ? [String(path.value)] : [];

/** `item.a.0` */
function attribute(item: Value, path: Value | undefined): Value {
  let value = item;
  for (const part of pathOf(path)) {
    if (value instanceof Dict || value.type === 'NamespaceValue') {
      value = (value.value as Map<unknown, Value>).get(part) ?? missing;
    } else value = value instanceof List ? (value.value[Number(part)] ?? missing) : missing;
  }
  return value;
}

/** What a filter that looks at items sees: None counts as nothing there. */
const itemsOrNone = (value: Value): Value[] => (value instanceof None ? [] : itemsOf(value));

const selecting =
  (wanted: boolean, byAttribute: boolean): Filter =>
  (value, given, limits) => {
    const [name, ...others] = byAttribute ? given.all.slice(1) : given.all;
    const passes = (item: Value) => {
      limits.step();
      const seen = byAttribute ? attribute(item, given.all[0]) : item;
      return name instanceof Text ? runTest(name.value, seen, others, limits) : isTrue(seen);
    };
    return list(itemsOrNone(value).filter((item) => passes(item) === wanted));
  };

const map: Filter = (value, given, limits) => {
  const path = given.names.get('attribute');
  const otherwise = given.names.get('default');
  const name = given.all[0];
  const one = (item: Value) => {
    limits.step();
    if (path === undefined) return runFilter(name instanceof Text ? name.value : '', item, given.after(1), limits);
    const found = attribute(item, path);
    return found instanceof Missing ? (otherwise ?? found) : found;
  };
  return list(itemsOrNone(value).map(one));
};

/** Texts without regard to capitals, unless asked. */
function sortKey(item: Value, path: Value | undefined, given: Arguments): Value {
  const value = path === undefined ? item : attribute(item, path);
  const sensitive = given.names.get('case_sensitive');
  return value instanceof Text && !(sensitive !== undefined && isTrue(sensitive))
    ? text(value.value.toLowerCase())
    : value;
}

function sorted(items: readonly Value[], key: (item: Value) => Value, reverse: boolean, limits: Limits): Value[] {
  const keyed = items.map((item) => ({ item, key: key(item) }));
  keyed.sort((a, b) => (reverse ? compare(b.key, a.key, limits) : compare(a.key, b.key, limits)));
  return keyed.map(({ item }) => item);
}

const sort: Filter = (value, given, limits) => {
  const reverse = given.at(0, 'reverse');
  const path = given.at(2, 'attribute');
  return list(
    sorted(itemsOf(value), (item) => sortKey(item, path, given), reverse !== undefined && isTrue(reverse), limits),
  );
};

const dictsort: Filter = (value, given, limits) => {
  if (!(value instanceof Dict)) throw new Error(`dictsort is for dictionaries, not ${typeName(value)}`);
  const by = given.text(1, 'by', 'key') === 'value' ? 1 : 0;
  const reverse = given.at(2, 'reverse');
  const pairs = [...value.value].map(([key, item]) => tuple([valueOfKey(key), item]));
  const key = (pair: Value) => sortKey((pair.value as Value[])[by]!, undefined, given);
  return list(sorted(pairs, key, reverse !== undefined && isTrue(reverse), limits));
};

const extreme =
  (sign: 1 | -1): Filter =>
  (value, given, limits) => {
    const path = given.names.get('attribute');
    let best: Value | undefined;
    for (const item of itemsOf(value)) {
      if (best === undefined || sign * compare(sortKey(item, path, given), sortKey(best, path, given), limits) > 0) {
        best = item;
      }
    }
    return best ?? missing;
  };

function jsonStyle(given: Arguments): JsonStyle {
  const indent = given.at(-1, 'indent');
  const separators = given.at(-1, 'separators');
  const flag = (name: string) => {
    const value = given.at(-1, name);
    return value !== undefined && isTrue(value);
  };
  const parts =
    separators === undefined ? undefined : itemsOf(separators).map((part) => (part instanceof Text ? part.value : ''));
  return {
    indent: indent instanceof Text ? indent.value : indent && ' '.repeat(width(numberOf(indent) ?? 0)),
    ensureAscii: flag('ensure_ascii'),
    sortKeys: flag('sort_keys'),
    separators: parts && [parts[0] ?? ',', parts[1] ?? ':'],
  };
}

function width(wanted: number): number {
  if (wanted >= 0 && wanted <= MAX_INDENT) return wanted;
  throw new Error(`the indentation is ${wanted}; at most ${MAX_INDENT} is allowed`);
}

const indent: Filter = (value, given, limits) => {
  const by = given.at(0, 'width');
  const space = by instanceof Text ? by.value : ' '.repeat(width(by === undefined ? 4 : (numberOf(by) ?? 4)));
  const flag = (index: number, name: string) => isTrue(given.at(index, name) ?? missing);
  const lines = textOf(value, limits).split('\n');
  limits.chars(lines.reduce((sum, line) => sum + line.length + space.length + 1, 0));
  const made = lines.map((line, i) =>
    (i === 0 && !flag(1, 'first')) || (i > 0 && line === '' && !flag(2, 'blank')) ? line : space + line,
  );
  return text(made.join('\n'));
};

function unique(items: readonly Value[], limits: Limits): Value[] {
  const kept: Value[] = [];
  for (const item of items) if (!kept.some((other) => equal(other, item, limits))) kept.push(item);
  return kept;
}

const length: Filter = (value) => {
  if (value instanceof Text) return new Whole(Array.from(value.value).length);
  if (value instanceof Dict) return new Whole(value.value.size);
  return new Whole(itemsOf(value).length);
};
const otherwise: Filter = (value, given) => {
  const lax = given.at(1, 'boolean');
  const replaced = value instanceof Missing || (lax !== undefined && isTrue(lax) && !isTrue(value));
  return replaced ? (given.all[0] ?? given.names.get('default_value') ?? text('')) : value;
};
/** NaN for what Python would not read as a number. */
function parseNumber(value: string): number {
  const trimmed = strip(value, undefined, true, true);
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : Number.NaN;
}
const parsed =
  (whole: boolean): Filter =>
  (value, given) => {
    const number = value instanceof Text ? parseNumber(value.value) : (numberOf(value) ?? Number.NaN);
    if (!Number.isFinite(number)) return given.at(0, 'default') ?? (whole ? new Whole(0) : new Real(0));
    return whole ? new Whole(Math.trunc(number)) : new Real(number);
  };
const ofText =
  (change: (value: string) => string): Filter =>
  (value, _given, limits) =>
    text(change(textOf(value, limits)));
const firstOr = (value: Value, index: number) => itemsOf(value).at(index) ?? missing;

const FILTERS: Record<string, Filter> = {
  abs: (value) => (value instanceof Real ? new Real(Math.abs(value.value)) : new Whole(Math.abs(numberOf(value) ?? 0))),
  capitalize: ofText(capitalized),
  count: length,
  d: otherwise,
  default: otherwise,
  dictsort,
  first: (value) => firstOr(value, 0),
  float: parsed(false),
  indent,
  int: parsed(true),
  items: (value) => {
    if (value instanceof Missing) return list([]);
    if (!(value instanceof Dict)) throw new Error(`items is for dictionaries, not ${typeName(value)}`);
    return list([...value.value].map(([key, item]) => tuple([valueOfKey(key), item])));
  },
  join: (value, given, limits) => {
    const path = given.at(1, 'attribute');
    const items = path === undefined ? itemsOf(value) : itemsOf(value).map((item) => attribute(item, path));
    return text(joined(given.text(0, 'd', ''), items, limits));
  },
  last: (value) => firstOr(value, -1),
  length,
  list: (value) => list([...itemsOf(value)]),
  lower: ofText((value) => value.toLowerCase()),
  map,
  max: extreme(1),
  min: extreme(-1),
  reject: selecting(false, false),
  rejectattr: selecting(false, true),
  replace: (value, given, limits) => text(replaceText(textOf(value, limits), given, limits)),
  reverse: (value) =>
    value instanceof Text ? text(Array.from(value.value).toReversed().join('')) : list(itemsOf(value).toReversed()),
  round: (value, given) => {
    const scale = 10 ** given.number(0, 'precision', 0);
    return new Real(Math.round((numberOf(value) ?? 0) * scale) / scale);
  },
  safe: (value) => value,
  select: selecting(true, false),
  selectattr: selecting(true, true),
  sort,
  string: (value, _given, limits) => text(textOf(value, limits)),
  sum: (value, given) => {
    const path = given.names.get('attribute');
    const items = itemsOf(value).map((item) => (path === undefined ? item : attribute(item, path)));
    const total = items.reduce((sum, item) => sum + (numberOf(item) ?? Number.NaN), 0);
    return items.every((item) => !isNumber(item) || item instanceof Whole) ? new Whole(total) : new Real(total);
  },
  title: ofText(titled),
  tojson: (value, given, limits) => text(toJson(value, limits, jsonStyle(given))),
  trim: (value, given, limits) => {
    const chars = given.at(0, 'chars') === undefined ? undefined : given.text(0, 'chars');
    return text(strip(textOf(value, limits), chars, true, true));
  },
  unique: (value, _given, limits) => list(unique(itemsOf(value), limits)),
  upper: ofText((value) => value.toUpperCase()),
  wordcount: (value, _given, limits) => new Whole(textOf(value, limits).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0),
};

/** @throws Error for a filter that is not known, or a value that it is not for */
export function runFilter(name: string, value: Value, given: Arguments, limits: Limits): Value {
  limits.step();
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (filter === undefined) throw new Error(`there is no filter "${name}"`);
  return filter(value, given, limits);
}
