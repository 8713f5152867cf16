/**
 * Dates as chat templates ask for them (`strftime_now`): the English names of C's locale, local time.
 *
 * @module
 */

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Replaces C's `%` conversions; an unknown one stays as it is. */
export function strftime(date: Date, format: string): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const conversions: Record<string, () => string> = {
    Y: () => String(date.getFullYear()),
    y: () => two(date.getFullYear() % 100),
    m: () => two(date.getMonth() + 1),
    B: () => MONTHS[date.getMonth()]!,
    b: () => MONTHS[date.getMonth()]!.slice(0, 3),
    d: () => two(date.getDate()),
    e: () => String(date.getDate()).padStart(2),
    A: () => DAYS[date.getDay()]!,
    a: () => DAYS[date.getDay()]!.slice(0, 3),
    H: () => two(date.getHours()),
    I: () => two(date.getHours() % 12 || 12),
    p: () => (date.getHours() < 12 ? 'AM' : 'PM'),
    M: () => two(date.getMinutes()),
    S: () => two(date.getSeconds()),
    F: () => strftime(date, '%Y-%m-%d'),
    T: () => strftime(date, '%H:%M:%S'),
    '%': () => '%',
  };
  return format.replaceAll(/%(.)/g, (whole, letter: string) => conversions[letter]?.() ?? whole);
}
