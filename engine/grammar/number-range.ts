/**
 * Numbers between bounds, as patterns of their digits. What they match lies within the bounds; numbers of more digits than
 * a double holds are left out.
 *
 * @module
 */
import { choice, EMPTY, type Pattern, repeated, sequence, text } from './pattern.ts';

/** Digits before the point, and in all: what a double tells apart. */
const MAX_DIGITS = 15;
/** Digits after the point beyond those of the bounds. */
const MORE_DECIMALS = 6;
const MAX_DECIMALS = 10;
const ENDLESS = 10n ** BigInt(MAX_DIGITS) - 1n;

export interface Bounds {
  low?: number;
  high?: number;
  lowExcluded?: boolean;
  highExcluded?: boolean;
}

/** digits · 10^-decimals */
interface Decimal {
  digits: bigint;
  decimals: number;
}

function decimal(value: number): Decimal {
  const [mantissa, exponent = '0'] = value.toString().split('e');
  const [whole, fraction = ''] = mantissa!.split('.');
  const decimals = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return decimals >= 0 ? { digits, decimals } : { digits: digits * 10n ** BigInt(-decimals), decimals: 0 };
}

function divided(a: bigint, b: bigint, round: 'up' | 'down'): bigint {
  const quotient = a / b;
  if (quotient * b === a) return quotient;
  const below = a < 0n ? quotient - 1n : quotient;
  return round === 'down' ? below : below + 1n;
}

/** value · 10^decimals as an integer within the bound. */
function scaled(value: number, decimals: number, round: 'up' | 'down', excluded = false): bigint {
  const given = decimal(value);
  const more = decimals - given.decimals;
  const factor = 10n ** BigInt(Math.abs(more));
  const result = more >= 0 ? given.digits * factor : divided(given.digits, factor, round);
  const exact = more >= 0 || given.digits % factor === 0n;
  if (!excluded || !exact) return result;
  return round === 'up' ? result + 1n : result - 1n;
}

const digit = (low: string, high: string): Pattern => ({
  type: 'chars',
  set: [[low.charCodeAt(0), high.charCodeAt(0)]],
});
const digits = (low: number, high = low) => repeated(digit('0', '9'), low, high);
const POINT = text('.');

/** Digits from `low` to `high`, both of one length, with a point before the last `decimals`. */
function between(low: string, high: string, decimals: number): Pattern {
  const length = low.length;
  if (length === 0) return EMPTY;
  if (length === decimals) return sequence(POINT, between(low, high, -1));
  const zeros = '0'.repeat(length - 1);
  const nines = '9'.repeat(length - 1);
  const [a, b] = [low[0]!, high[0]!];
  const rest = (from: string, to: string) => between(from, to, decimals);
  if (a === b) return sequence(digit(a, a), rest(low.slice(1), high.slice(1)));
  const options: Pattern[] = [];
  let from = Number(a);
  let to = Number(b);
  if (low.slice(1) !== zeros) {
    options.push(sequence(digit(a, a), rest(low.slice(1), nines)));
    from++;
  }
  if (high.slice(1) !== nines) {
    options.push(sequence(digit(b, b), rest(zeros, high.slice(1))));
    to--;
  }
  if (from <= to) {
    const whole = decimals < 0 || decimals >= length ? length - 1 : length - 1 - decimals;
    const anything = whole === length - 1 ? [digits(whole)] : [digits(whole), POINT, digits(decimals)];
    options.push(sequence(digit(String(from), String(to)), ...anything));
  }
  return choice(...options);
}

/** low · 10^-decimals to high · 10^-decimals, not negative, with exactly that many decimals. */
function magnitudes(low: bigint, high: bigint, decimals: number): Pattern[] {
  const options: Pattern[] = [];
  const least = decimals + 1; // a zero stands before the point
  for (let length = least; length <= high.toString().length || length === least; length++) {
    const smallest = length === least ? 0n : 10n ** BigInt(length - 1);
    const largest = 10n ** BigInt(length) - 1n;
    const from = low > smallest ? low : smallest;
    const to = high < largest ? high : largest;
    const padded = (n: bigint) => n.toString().padStart(length, '0');
    if (from <= to) options.push(between(padded(from), padded(to), decimals));
  }
  return options;
}

/** Numbers from low to high · 10^-decimals, of that many decimals; with `more`, of further ones. */
function signed(low: bigint, high: bigint, decimals: number, more: boolean): Pattern[] {
  const further = (options: Pattern[]) =>
    options.map((option) => sequence(option, ...(decimals === 0 ? [POINT] : []), digits(1, MORE_DECIMALS)));
  const options: Pattern[] = [];
  // Further digits make a magnitude larger, by less than one of the last digit.
  const of = (from: bigint, to: bigint, sign: string) => {
    const plain = from <= to ? magnitudes(from, to, decimals) : [];
    const longer = more && from <= to - 1n ? further(magnitudes(from, to - 1n, decimals)) : [];
    options.push(...[...plain, ...longer].map((option) => sequence(text(sign), option)));
  };
  of(low > 0n ? low : 0n, high, '');
  of(high < 0n ? -high : 1n, -low, '-');
  return options;
}

const MAX_SCALED = (decimals: number) => ENDLESS * 10n ** BigInt(decimals);

function scaledBounds(bounds: Bounds, decimals: number): [bigint, bigint] {
  const { low, high, lowExcluded, highExcluded } = bounds;
  const most = MAX_SCALED(decimals);
  const from = low === undefined ? undefined : scaled(low, decimals, 'up', lowExcluded);
  const to = high === undefined ? undefined : scaled(high, decimals, 'down', highExcluded);
  return [
    from ?? (to !== undefined && to < -most ? to : -most),
    to ?? (from !== undefined && from > most ? from : most),
  ];
}

/** Patterns of the integers within the bounds: none where there are none. */
export function integersWithin(bounds: Bounds): Pattern[] {
  const [low, high] = scaledBounds(bounds, 0);
  return low <= high ? signed(low, high, 0, false) : [];
}

/** Patterns of numbers within the bounds: none where there are none that can be written in few digits. */
export function numbersWithin(bounds: Bounds): Pattern[] {
  const given = [bounds.low, bounds.high]
    .filter((bound) => bound !== undefined)
    .map((bound) => decimal(bound).decimals);
  const excluded = bounds.lowExcluded === true || bounds.highExcluded === true;
  const decimals = Math.min(MAX_DECIMALS, Math.max(0, excluded ? 3 : 0, ...given));
  const options: Pattern[] = [];
  for (let count = 0; count <= decimals; count++) {
    const [low, high] = scaledBounds(bounds, count);
    const largest = low < 0n && -low > high ? -low : high;
    const more = count === decimals && largest.toString().length + MORE_DECIMALS <= MAX_DIGITS + count;
    if (low <= high) options.push(...signed(low, high, count, more));
  }
  return options;
}
