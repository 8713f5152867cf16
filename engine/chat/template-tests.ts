/**
 * Jinja's tests (`x is defined`), as far as chat templates use them.
 *
 * @module
 */
import type { Limits } from './template-limits.ts';
import {
  Callable,
  compare,
  Dict,
  equal,
  itemsOf,
  keyOf,
  List,
  Missing,
  None,
  numberOf,
  Real,
  Text,
  Truth,
  typeName,
  type Value,
  Whole,
} from './template-values.ts';

type Test = (value: Value, given: readonly Value[], limits: Limits) => boolean;

const missing = new Missing(undefined);

const order = (sign: (difference: number) => boolean): Test => {
  return (value, given, limits) => sign(compare(value, given[0] ?? missing, limits));
};
const same: Test = (value, given, limits) => equal(value, given[0] ?? missing, limits);
const remainder = (value: Value, by: number): number => {
  const number = numberOf(value);
  if (number === undefined) throw new Error(`${typeName(value)} is no number`);
  return ((number % by) + by) % by;
};

const TESTS: Record<string, Test> = {
  defined: (value) => !(value instanceof Missing),
  undefined: (value) => value instanceof Missing,
  none: (value) => value instanceof None,
  string: (value) => value instanceof Text,
  number: (value) => numberOf(value) !== undefined,
  integer: (value) => value instanceof Whole,
  float: (value) => value instanceof Real,
  boolean: (value) => value instanceof Truth,
  true: (value) => value instanceof Truth && value.value,
  false: (value) => value instanceof Truth && !value.value,
  mapping: (value) => value instanceof Dict,
  iterable: (value) =>
    value instanceof List || value instanceof Dict || value instanceof Text || value instanceof Missing,
  sequence: (value) => value instanceof List || value instanceof Dict || value instanceof Text,
  callable: (value) => value instanceof Callable,
  odd: (value) => remainder(value, 2) === 1,
  even: (value) => remainder(value, 2) === 0,
  divisibleby: (value, given) => remainder(value, numberOf(given[0] ?? missing) ?? Number.NaN) === 0,
  lower: (value) => value instanceof Text && value.value === value.value.toLowerCase(),
  upper: (value) => value instanceof Text && value.value === value.value.toUpperCase(),
  in: (value, given, limits) => contains(given[0] ?? missing, value, limits),
  equalto: same,
  eq: same,
  '==': same,
  sameas: same,
  ne: (value, given, limits) => !same(value, given, limits),
  '!=': (value, given, limits) => !same(value, given, limits),
  gt: order((difference) => difference > 0),
  ge: order((difference) => difference >= 0),
  lt: order((difference) => difference < 0),
  le: order((difference) => difference <= 0),
};

/** @throws Error for a test that is not known */
export function runTest(name: string, value: Value, given: readonly Value[], limits: Limits): boolean {
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined;
  if (test === undefined) throw new Error(`there is no test "${name}"`);
  return test(value, given, limits);
}

/** Python's `item in whole`. */
export function contains(whole: Value, item: Value, limits: Limits): boolean {
  if (whole instanceof Dict) return whole.value.has(keyOf(item));
  if (whole instanceof Text) {
    if (item instanceof Text) return whole.value.includes(item.value);
    throw new Error(`a text cannot have a ${typeName(item)} in it`);
  }
  return itemsOf(whole).some((other) => equal(other, item, limits));
}
