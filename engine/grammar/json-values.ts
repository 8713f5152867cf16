/**
 * JSON as a grammar: white space that ends, strings whose characters have one spelling each, numbers that a double holds.
 *
 * @module
 */
import { patternRule } from './automaton.ts';
import { asText, charsOf, difference, intersection, JSON_PLAIN } from './char-set.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { Ebnf } from './ebnf.ts';
import { choice, EMPTY, type Pattern, repeated, sequence, text } from './pattern.ts';
import { parseRegExp } from './regexp-parser.ts';

/** Levels of nesting of a value that may be anything. */
const MAX_DEPTH = 8;
/** Spaces of an indented line. */
const MAX_INDENT = 32;

/** A rule that is what a regular expression says. */
const shared = (ebnf: Ebnf, name: string, source: string): string =>
  ebnf.once(name, () => patternRule(ebnf, parseRegExp(source, 'u'), asText)!);

/** Nothing, a space, or a new line and its indentation: a model cannot go on with white space for ever. */
export const space = (ebnf: Ebnf): string => shared(ebnf, 'space', `(?: |\\n {0,${MAX_INDENT}})?`);

/** A comma and what may follow it. */
export const comma = (ebnf: Ebnf): string => `"," ${space(ebnf)}`;
export const colon = (ebnf: Ebnf): string => `":" ${space(ebnf)}`;

/** A character of a string, as itself or by an escape; escapes of halves of characters are left out. */
const CHARACTER: Pattern = choice(
  { type: 'chars', set: JSON_PLAIN },
  parseRegExp(String.raw`\\(?:["\\/bfnrt]|u(?:[\da-cA-CefEF][\da-fA-F]{3}|[dD][0-7][\da-fA-F]{2}))`, 'u'),
);
/** Most characters that one automaton counts; each costs the engine some time when it compiles. */
const MAX_COUNTED = 96;
/** Characters of the automata that longer strings are made of. */
const BLOCK = 32;
/** Most characters that a string may be bounded to. */
const MAX_LENGTH = 1 << 16;

/** @throws LocalLLMError not-supported */
export function stringOf(ebnf: Ebnf, low = 0, high = Number.POSITIVE_INFINITY): string {
  if (Math.max(low, Number.isFinite(high) ? high : 0) > MAX_LENGTH) {
    throw new LocalLLMError(
      'not-supported',
      `A string is to have ${low} to ${high} characters; limits above ${MAX_LENGTH} cannot be enforced. Leave minLength and maxLength out or lower them.`,
    );
  }
  return ebnf.once(`string_${low}_${high}`, () => {
    const most = Number.isFinite(high) ? high : low;
    if (most <= MAX_COUNTED) return counted(ebnf, low, high, '"', '"');
    const first = [
      ...Array<string>(Math.floor(low / BLOCK)).fill(block(ebnf)),
      counted(ebnf, low % BLOCK, low % BLOCK, '"'),
    ];
    return `${first.toReversed().join(' ')} ${endOfString(ebnf, high - low)}`;
  });
}

/** At most so many characters, or up to a block fewer, and the mark that ends the string. */
function endOfString(ebnf: Ebnf, high: number): string {
  if (high <= MAX_COUNTED || high === Number.POSITIVE_INFINITY) return counted(ebnf, 0, high, '', '"');
  const within = counted(ebnf, 0, BLOCK - 1, '', '"');
  let end = within;
  for (let most = 2 * BLOCK - 1; most <= high; most += BLOCK) {
    end = ebnf.rule('blocks', `${within} | ${block(ebnf)} ${end}`);
  }
  return end;
}

const block = (ebnf: Ebnf): string => counted(ebnf, BLOCK, BLOCK);

/** One automaton for so many characters: what a token does is then known beforehand, however many of them it has. */
function counted(ebnf: Ebnf, low: number, high: number, before = '', after = ''): string {
  const pattern = sequence(text(before), repeated(CHARACTER, low, high), text(after));
  const name = `chars_${low}_${high}_${before === '' ? '' : 'b'}${after === '' ? '' : 'e'}`;
  return ebnf.once(name, () => patternRule(ebnf, pattern, asText)!);
}

const INTEGER = String.raw`-?(?:0|[1-9]\d{0,14})`;
export const integer = (ebnf: Ebnf): string => shared(ebnf, 'integer', INTEGER);
export const number = (ebnf: Ebnf): string =>
  shared(ebnf, 'number', String.raw`${INTEGER}(?:\.\d{1,16})?(?:[eE][+-]?\d{1,2})?`);
export function list(ebnf: Ebnf, open: string, item: string, close: string): string {
  const s = space(ebnf);
  return `"${open}" ${s} (${item} ${ebnf.repeat(`${comma(ebnf)} ${item}`, 0)} ${s})? "${close}"`;
}

/** Any value, nested a few levels. */
export function anyValue(ebnf: Ebnf, depth = MAX_DEPTH): string {
  return ebnf.once(`value${depth}`, () => {
    const plain = [stringOf(ebnf), number(ebnf), shared(ebnf, 'word', 'true|false|null')];
    return [...(depth === 0 ? [] : [anyObject(ebnf, depth), anyArray(ebnf, depth)]), ...plain].join(' | ');
  });
}

export const anyObject = (ebnf: Ebnf, depth = MAX_DEPTH): string =>
  ebnf.once(`object${depth}`, () =>
    list(ebnf, '{', `${stringOf(ebnf)} ${colon(ebnf)} ${anyValue(ebnf, depth - 1)}`, '}'),
  );

export const anyArray = (ebnf: Ebnf, depth = MAX_DEPTH): string =>
  ebnf.once(`array${depth}`, () => list(ebnf, '[', anyValue(ebnf, depth - 1), ']'));

/** A string that is none of these; it is written without escapes. */
export function stringExcept(ebnf: Ebnf, names: readonly string[]): string {
  const plain: Pattern = { type: 'chars', set: JSON_PLAIN };
  const rest = repeated(plain, 0, Number.POSITIVE_INFINITY);
  /** What may follow where all of `tails` have the same beginning behind them. */
  const after = (tails: readonly string[]): Pattern => {
    const byFirst = Map.groupBy(
      tails.filter((tail) => tail !== ''),
      (tail) => String.fromCodePoint(tail.codePointAt(0)!),
    );
    const others = difference(JSON_PLAIN, charsOf([...byFirst.keys()].join('')));
    return choice(
      ...(tails.includes('') ? [] : [EMPTY]),
      sequence({ type: 'chars', set: others }, rest),
      ...Array.from(byFirst, ([first, group]) =>
        sequence(
          { type: 'chars', set: intersection(charsOf(first), JSON_PLAIN) },
          after(group.map((tail) => tail.slice(first.length))),
        ),
      ),
    );
  };
  return patternRule(ebnf, sequence(text('"'), after(names), text('"')), asText)!;
}
