/**
 * Which characters the parts of a regular expression stand for, in every combination of flags.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import {
  ALL,
  ASTRAL,
  charSet,
  charsOf,
  type CharSet,
  complement,
  difference,
  intersection,
  SINGLE_UNITS,
  SURROGATE_HALVES,
  union,
} from './char-set.ts';
import type { CharRange } from './symbols.ts';

export interface Flags {
  ignoreCase: boolean;
  dotAll: boolean;
  /** Characters are code points; else UTF-16 units. */
  unicode: boolean;
}

const DIGITS = charSet([0x30, 0x39]);
const WORD = union(DIGITS, charSet([0x41, 0x5a], [0x61, 0x7a]), charsOf('_'));
/** What the case of letters adds to `\w` with `i` and `u`: long s, the Kelvin sign. */
const WORD_FOLDED = charsOf('\u017f\u212a');
const SPACES = union(
  charSet([0x09, 0x0d], [0x2000, 0x200a]),
  charsOf(' \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff'),
);
const LINE_ENDS = charsOf('\n\r\u2028\u2029');

/** All that one step of a match can take; UTF-16's halves among them, of which no text consists. */
export function everything({ unicode }: Flags): CharSet {
  return unicode ? ALL : union(SINGLE_UNITS, [SURROGATE_HALVES]);
}

export const negated = (set: CharSet, flags: Flags): CharSet => difference(everything(flags), set);

/** `.` */
export const anyChar = (flags: Flags): CharSet => (flags.dotAll ? everything(flags) : negated(LINE_ENDS, flags));

/** `\d`, `\w`, `\s` and their opposites; undefined for other letters. */
export function classEscape(letter: string, flags: Flags): CharSet | undefined {
  const folded = flags.ignoreCase && flags.unicode;
  const positive = { d: DIGITS, w: WORD, s: SPACES }[letter.toLowerCase()];
  if (positive === undefined) return undefined;
  if (letter === letter.toLowerCase()) return positive;
  return negated(folded && letter === 'W' ? union(positive, WORD_FOLDED) : positive, flags);
}

const properties = new Map<string, CharSet>();

/** `\p{…}`, found by asking for every character. @throws LocalLLMError not-supported with `i` */
export function propertyEscape(source: string, flags: Flags): CharSet {
  if (flags.ignoreCase) {
    throw new LocalLLMError(
      'not-supported',
      `The regular expression has ${source} and the flag i. Leave one of them out.`,
    );
  }
  const known = properties.get(source);
  if (known) return known;
  const expression = new RegExp(`^${source}$`, 'u');
  const ranges: [number, number][] = [];
  for (const [low, high] of ALL) {
    for (let code = low; code <= high; code++) {
      if (!expression.test(String.fromCodePoint(code))) continue;
      const last = ranges.at(-1);
      if (last && last[1] === code - 1) last[1] = code;
      else ranges.push([code, code]);
    }
  }
  properties.set(source, ranges);
  return ranges;
}

/** Other cases of a character, each of one character. */
function cases(character: string): string[] {
  const lower = character.toLowerCase();
  const upper = character.toUpperCase();
  return [character, lower, upper, lower.toUpperCase(), upper.toLowerCase()].filter(
    (c) => c.length === String.fromCodePoint(c.codePointAt(0)!).length,
  );
}

/** A character and those of other cases that an expression with these flags takes for it. */
export function literalChar(character: string, flags: Flags): CharSet {
  if (!flags.ignoreCase) return charsOf(character);
  const escaped = `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const expression = new RegExp(character.length === 1 ? `^${escaped}$` : `^${character}$`, flags.unicode ? 'iu' : 'i');
  return union(
    ...cases(character)
      .filter((other) => expression.test(other))
      .map(charsOf),
  );
}

/** A class `[…]`: some of what it matches, where letters have many cases. Never what it does not match. */
export function classSet(set: CharSet, isNegated: boolean, flags: Flags): CharSet {
  if (!flags.ignoreCase) return isNegated ? negated(set, flags) : set;
  const letters = intersection(set, charSet([0x41, 0x5a], [0x61, 0x7a]));
  const swapped = letters.flatMap(([low, high]): CharRange[] => {
    const parts = [
      intersection([[low, high]], charSet([0x41, 0x5a])),
      intersection([[low, high]], charSet([0x61, 0x7a])),
    ];
    return [
      ...parts[0]!.map(([l, h]): CharRange => [l + 32, h + 32]),
      ...parts[1]!.map(([l, h]): CharRange => [l - 32, h - 32]),
    ];
  });
  if (!isNegated) return union(set, swapped);
  const without: CharRange[] = [];
  const inSet = new Set<number>();
  for (const [low, high] of intersection(set, complement(ASTRAL))) for (let c = low; c <= high; c++) inSet.add(c);
  for (const [low, high] of SINGLE_UNITS) {
    for (let code = low; code <= high; code++) {
      if (cases(String.fromCharCode(code)).some((other) => inSet.has(other.codePointAt(0)!)))
        without.push([code, code]);
    }
  }
  // Letters beyond the first plane have cases, too: left out altogether.
  const astral = intersection(set, ASTRAL).length > 0 ? ASTRAL : [];
  return negated(union(set, without, swapped, WORD_FOLDED, astral), flags);
}
