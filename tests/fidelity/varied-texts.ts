/**
 * Seeded texts of many kinds: scripts, emoji, joiners, marks, controls, spaces, numbers, code, halves of surrogate pairs.
 *
 * @module
 */

/** Mulberry32: the same numbers in 0…1 for the same seed. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Ranges of code points, all assigned since Unicode 12, and ready-made pieces. */
const RANGES: readonly (readonly [number, number])[] = [
  [0x20, 0x7e],
  [0x61, 0x7a],
  [0x41, 0x5a],
  [0x30, 0x39],
  [0x00, 0x1f],
  [0x7f, 0xa0],
  [0xa1, 0xff],
  [0x100, 0x17f],
  [0x300, 0x36f], // combining marks
  [0x391, 0x3a1],
  [0x410, 0x44f],
  [0x5d0, 0x5ea], // Hebrew
  [0x620, 0x64a], // Arabic
  [0x660, 0x669], // Arabic digits
  [0x915, 0x939], // Devanagari
  [0x93e, 0x94d],
  [0xe01, 0xe2e], // Thai
  [0x1680, 0x1680],
  [0x2000, 0x200f], // spaces, joiners, directions
  [0x2010, 0x2027],
  [0x2028, 0x202f],
  [0x2060, 0x2064], // invisible
  [0x2070, 0x2071],
  [0x20a0, 0x20bf],
  [0x2150, 0x2189],
  [0x2190, 0x21ff],
  [0x2460, 0x24ff],
  [0x3000, 0x3003],
  [0x3041, 0x3096],
  [0x30a1, 0x30fa],
  [0x4e00, 0x9fa5],
  [0xac00, 0xd7a3],
  [0xd800, 0xdfff], // lone surrogates: both sides take them for U+FFFD
  [0xe000, 0xe010], // private use
  [0xfe0e, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xff01, 0xff5e],
  [0xfffd, 0xfffd],
  [0x1d400, 0x1d454],
  [0x1d7ce, 0x1d7ff], // mathematical digits
  [0x1f300, 0x1f5ff],
  [0x1f600, 0x1f64f],
  [0x10400, 0x1044f],
  [0x1d165, 0x1d169], // combining, outside the first plane
  [0x20000, 0x20100],
  [0xe0020, 0xe007f], // tags
  [0xe0100, 0xe01ef], // variation selectors
];

const PIECES: readonly string[] = [
  ' ',
  '  ',
  '   ',
  '        ',
  ' '.repeat(33),
  '\t',
  '\t\t\t',
  '\n',
  '\n\n',
  '\n'.repeat(9),
  '\r\n',
  '\u0000',
  ' \n ',
  '\u00a0',
  '\u0085',
  "I'm",
  "WE'LL",
  "don't",
  "'s",
  "'RE",
  "'ſ",
  "they've",
  ' the',
  ' and',
  'Hello',
  ' world',
  ' 3.14159',
  '1234567',
  ' 2026-11-21',
  '99%',
  '$5,000.00',
  '...',
  '!!!',
  ' ??',
  '====',
  '(){}[]<>;',
  'const x = [1, 2];',
  '    return f(a) * b;\n',
  '<div class="a">',
  '#include <stdio.h>',
  '/* é */',
  'https://example.org/?q=1&r=%20',
  '👩‍👩‍👧‍👦',
  '🏳️‍🌈',
  '👍🏽',
  '🇫🇷',
  'é',
  'e\u0301',
  'ﬁ',
  'ß',
  'İ',
  '你好，世界',
  'こんにちは',
  '안녕하세요',
  'مرحبا',
  'שלום',
  'नमस्ते',
  '▁',
  '▁▁',
  '▁the',
  'Ġ',
  '<0x0A>',
  'ა',
];

/** `count` texts; `extra` pieces, such as texts of special tokens, come up among the others. */
export function variedTexts(seed: number, count: number, extra: readonly string[] = []): string[] {
  const next = random(seed);
  const below = (limit: number) => Math.floor(next() * limit);
  const pieces = [...PIECES, ...extra, ...extra];
  const piece = () => {
    if (next() < 0.5) return pieces[below(pieces.length)]!;
    const [low, high] = RANGES[below(RANGES.length)]!;
    return Array.from({ length: 1 + below(6) }, () => String.fromCodePoint(low + below(high - low + 1))).join('');
  };
  return Array.from({ length: count }, () => Array.from({ length: 1 + below(24) }, piece).join(''));
}
