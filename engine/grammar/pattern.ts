/**
 * Regular expressions as trees: what they match, how long it is, and the same as an expression of a grammar.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { ALL, type CharSet } from './char-set.ts';

export type Pattern =
  | { type: 'chars'; set: CharSet }
  /** Exactly this, however characters are written. */
  | { type: 'text'; text: string }
  | { type: 'sequence'; items: readonly Pattern[] }
  | { type: 'choice'; options: readonly Pattern[] }
  | { type: 'repeat'; item: Pattern; low: number; high: number }
  | { type: 'start' }
  | { type: 'end' };

export const sequence = (...items: readonly Pattern[]): Pattern => ({ type: 'sequence', items });
export const choice = (...options: readonly Pattern[]): Pattern => ({ type: 'choice', options });
export const text = (exact: string): Pattern => ({ type: 'text', text: exact });
export const repeated = (item: Pattern, low: number, high: number): Pattern => ({ type: 'repeat', item, low, high });
export const EMPTY: Pattern = sequence();
const ANY: Pattern = { type: 'chars', set: ALL };

/** Characters that a match has: at least, at most. */
function lengths(pattern: Pattern): readonly [low: number, high: number] {
  switch (pattern.type) {
    case 'chars':
      return [1, 1];
    case 'text':
      return [pattern.text.length, pattern.text.length];
    case 'sequence': {
      const each = pattern.items.map(lengths);
      return [each.reduce((sum, [low]) => sum + low, 0), each.reduce((sum, [, high]) => sum + high, 0)];
    }
    case 'choice': {
      const each = pattern.options.map(lengths);
      return [Math.min(...each.map(([low]) => low)), Math.max(...each.map(([, high]) => high))];
    }
    case 'repeat': {
      const [low, high] = lengths(pattern.item);
      return [low * pattern.low, high === 0 || pattern.high === 0 ? 0 : high * pattern.high];
    }
    case 'start':
    case 'end':
      return [0, 0];
  }
}

/** Whether anchors of one side stand before, or after, everything that is matched: in all alternatives, in none, in some. */
type Anchored = 'all' | 'none' | 'some';

function withoutAnchor(pattern: Pattern, side: 'start' | 'end'): [Pattern, Anchored] {
  if (pattern.type === side) return [EMPTY, 'all'];
  if (pattern.type === 'sequence' && pattern.items.length > 0) {
    const at = side === 'start' ? 0 : pattern.items.length - 1;
    const [inner, anchored] = withoutAnchor(pattern.items[at]!, side);
    return anchored === 'none' ? [pattern, 'none'] : [{ ...pattern, items: pattern.items.with(at, inner) }, anchored];
  }
  if (pattern.type === 'choice') {
    const each = pattern.options.map((option) => withoutAnchor(option, side));
    const kinds = new Set(each.map(([, kind]) => kind));
    const anchored = kinds.size === 1 ? each[0]![1] : 'some';
    return [{ ...pattern, options: each.map(([option]) => option) }, anchored];
  }
  return [pattern, 'none'];
}

/** What is matched where the whole text has to match: anchors at the ends say nothing more. */
export function wholeMatch(pattern: Pattern): Pattern {
  return withoutAnchor(withoutAnchor(pattern, 'start')[0], 'end')[0];
}

/**
 * Texts in which the pattern is found somewhere, of `low` to `high` characters: of those, where all cannot be told, some.
 * Undefined where none are found.
 */
export function textsWith(pattern: Pattern, low: number, high: number): Pattern | undefined {
  if (pattern.type === 'choice') {
    const options = pattern.options.map((option) => textsWith(option, low, high)).filter((o) => o !== undefined);
    return options.length === 0 ? undefined : { type: 'choice', options };
  }
  const [ended, hasStart] = withoutAnchor(pattern, 'start');
  const [core, hasEnd] = withoutAnchor(ended, 'end');
  if (hasStart === 'some' || hasEnd === 'some') throw anchorError();
  const free = (hasStart === 'none' ? 1 : 0) + (hasEnd === 'none' ? 1 : 0);
  if (free === 0) return withLength(core, low, high);
  const [coreLow, coreHigh] = lengths(core);
  const most = Number.isFinite(coreHigh) || !Number.isFinite(high) ? core : withLength(core, 0, high);
  const room = high - (most === undefined ? Number.POSITIVE_INFINITY : lengths(most)[1]);
  if (most === undefined || room < 0) return withLength(core, low, high);
  const missing = Math.max(0, low - coreLow);
  const around: Pattern = { type: 'repeat', item: ANY, low: missing, high: Math.max(room, 0) };
  if (missing > room) return withLength(core, low, high);
  if (hasEnd === 'none') {
    const before = hasStart === 'none' && room === Number.POSITIVE_INFINITY;
    const first: Pattern = before ? { ...around, low: 0 } : EMPTY;
    return { type: 'sequence', items: [first, most, around] };
  }
  return { type: 'sequence', items: [around, most] };
}

/** Of what is matched, texts of `low` to `high` characters; undefined where these cannot be told apart. */
function withLength(pattern: Pattern, low: number, high: number): Pattern | undefined {
  const shorter = lengths(pattern)[1] <= high ? pattern : atMost(pattern, high);
  if (shorter === undefined) return undefined;
  const longer = lengths(shorter)[0] >= low ? shorter : atLeast(shorter, low);
  return longer !== undefined && lengths(longer)[1] <= high ? longer : undefined;
}

function atMost(pattern: Pattern, high: number): Pattern | undefined {
  if (lengths(pattern)[1] <= high) return pattern;
  if (pattern.type === 'repeat') {
    const each = lengths(pattern.item)[1];
    const times = Math.floor(high / each); // 0 where one may be endless
    return times >= pattern.low ? { ...pattern, high: times } : undefined;
  }
  if (pattern.type === 'choice') {
    const options = pattern.options.map((option) => atMost(option, high)).filter((o) => o !== undefined);
    return options.length === 0 ? undefined : { ...pattern, options };
  }
  if (pattern.type !== 'sequence') return undefined;
  let room = high - lengths(pattern)[0];
  if (room < 0) return undefined;
  const items: Pattern[] = [];
  for (const item of pattern.items) {
    const [least] = lengths(item);
    const shorter = atMost(item, least + room);
    if (shorter === undefined) return undefined;
    room -= lengths(shorter)[1] - least;
    items.push(shorter);
  }
  return { ...pattern, items };
}

function atLeast(pattern: Pattern, low: number): Pattern | undefined {
  const [least, most] = lengths(pattern);
  if (least >= low) return pattern;
  if (most < low) return undefined;
  if (pattern.type === 'repeat') {
    const [each] = lengths(pattern.item);
    const times = Math.ceil(low / each);
    return each > 0 && times <= pattern.high ? { ...pattern, low: times } : undefined;
  }
  if (pattern.type === 'choice') {
    const options = pattern.options.map((option) => atLeast(option, low)).filter((o) => o !== undefined);
    return options.length === 0 ? undefined : { ...pattern, options };
  }
  if (pattern.type !== 'sequence') return undefined;
  for (const [at, item] of pattern.items.entries()) {
    const longer = atLeast(item, low - (least - lengths(item)[0]));
    if (longer !== undefined) return { ...pattern, items: pattern.items.with(at, longer) };
  }
  return undefined;
}

export function anchorError(): LocalLLMError {
  return new LocalLLMError(
    'not-supported',
    'The regular expression has ^ or $ where it is not at the beginning or end of all alternatives. Write it without.',
  );
}
