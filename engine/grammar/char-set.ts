/**
 * Sets of characters, as ranges of code points.
 *
 * @module
 */
import { FIRST_MARK } from '../chat/tool-call-format.ts';
import { type CharRange, symbolSequences, textSymbols } from './symbols.ts';

const LAST = 0x10ffff;
const SURROGATES: CharRange = [0xd800, 0xdfff];

/** Sorted ranges that neither touch nor overlap. */
export type CharSet = readonly CharRange[];

export const charSet = (...ranges: CharRange[]): CharSet => union(ranges);

export const charsOf = (text: string): CharSet =>
  union(Array.from(text, (c): CharRange => [c.codePointAt(0)!, c.codePointAt(0)!]));

export function union(...sets: readonly CharSet[]): CharSet {
  const merged: [number, number][] = [];
  for (const [low, high] of sets.flat().sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else merged.push([low, high]);
  }
  return merged;
}

export function complement(set: CharSet): CharSet {
  const result: CharRange[] = [];
  let next = 0;
  for (const [low, high] of set) {
    if (low > next) result.push([next, low - 1]);
    next = high + 1;
  }
  if (next <= LAST) result.push([next, LAST]);
  return result;
}

export const intersection = (a: CharSet, b: CharSet): CharSet => complement(union(complement(a), complement(b)));
export const difference = (a: CharSet, b: CharSet): CharSet => intersection(a, complement(b));
export const contains = (set: CharSet, [low, high]: CharRange): boolean => set.some(([l, h]) => l <= low && high <= h);

/** Every character of a text; but for the last ones for private use, which stand for marks of tool calls. */
export const ALL: CharSet = complement(union([SURROGATES], [[FIRST_MARK, LAST]]));
/** Of UTF-16's units, what is not half of a character. */
export const SINGLE_UNITS: CharSet = intersection(ALL, [[0, 0xffff]]);
export const ASTRAL: CharSet = [[0x10000, LAST]];
export const SURROGATE_HALVES = SURROGATES;

/** What stands for itself in a JSON string. DEL and C1 controls may, but no model should write them. */
export const JSON_PLAIN: CharSet = difference(ALL, [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
]);
const SHORT_ESCAPES = new Map([
  [0x22, '\\"'],
  [0x5c, '\\\\'],
  [0x08, '\\b'],
  [0x0c, '\\f'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
  [0x09, '\\t'],
]);

/** How a character is written in a JSON string: as itself, or by its escape. */
export function inJson(set: CharSet): CharRange[][] {
  const sequences = symbolSequences(intersection(set, JSON_PLAIN));
  for (const [low, high] of difference(intersection(set, ALL), JSON_PLAIN)) {
    for (let code = low; code <= high; code++) {
      const escape = SHORT_ESCAPES.get(code) ?? `\\u${code.toString(16).padStart(4, '0')}`;
      sequences.push(Array.from(textSymbols(escape), (symbol): CharRange => [symbol, symbol]));
    }
  }
  return sequences;
}

/** How a character is written in plain text. */
export const asText = (set: CharSet): CharRange[][] => symbolSequences(intersection(set, ALL));
