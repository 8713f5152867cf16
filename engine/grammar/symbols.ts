/**
 * The alphabet in which grammars and tokens are put to the grammar engine. Its classes can be relied on for ASCII alone: a byte of
 * a longer character becomes two symbols, DEL and the byte's lower seven bits. What it matches is then sound UTF-8 down to the byte.
 *
 * @module
 */
/** Both ends included. */
export type CharRange = readonly [low: number, high: number];

const LEAD = 0x7f;
const LEAD_RANGE: CharRange = [LEAD, LEAD];

/** Bytes in symbols. None for bytes that no UTF-8 has. */
export function symbolsOf(bytes: Uint8Array): Uint8Array {
  const symbols: number[] = [];
  for (const byte of bytes) {
    if (byte === 0xff) return new Uint8Array(0);
    if (byte >= 0x80) symbols.push(LEAD, byte - 0x80);
    else if (byte === LEAD) symbols.push(LEAD, LEAD);
    else symbols.push(byte);
  }
  return Uint8Array.from(symbols);
}

function written(code: number): string {
  if ((code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a)) {
    return String.fromCharCode(code);
  }
  return `\\u${code.toString(16).padStart(4, '0')}`;
}

/** A text in symbols. */
export const textSymbols = (text: string): Uint8Array => symbolsOf(new TextEncoder().encode(text));

/** An expression for exactly this text. */
export const literal = (text: string): string => `"${Array.from(textSymbols(text), written).join('')}"`;

/** An expression for one symbol of these ranges. */
export function symbolClass(ranges: readonly CharRange[]): string {
  return `[${ranges.map(([low, high]) => (low === high ? written(low) : `${written(low)}-${written(high)}`)).join('')}]`;
}

/** Characters, none of them halves, as sequences of ranges of symbols. */
export function symbolSequences(characters: readonly CharRange[]): CharRange[][] {
  const sequences: CharRange[][] = [];
  for (const [low, high] of characters) {
    if (low < LEAD) sequences.push([[low, Math.min(high, LEAD - 1)]]);
    if (low <= LEAD && high >= LEAD) sequences.push([LEAD_RANGE, LEAD_RANGE]);
    if (high <= LEAD) continue;
    for (const bytes of byteSequences(Math.max(low, LEAD + 1), high)) {
      sequences.push(bytes.flatMap(([from, to]): CharRange[] => [LEAD_RANGE, [from - 0x80, to - 0x80]]));
    }
  }
  return sequences;
}

/** The last characters of one, two, three and four bytes. */
const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** UTF-8 of the characters from `low` to `high`: ranges of bytes, one after another. */
function byteSequences(low: number, high: number): CharRange[][] {
  for (const last of LAST_OF_LENGTH) {
    if (low <= last && high > last) return [...byteSequences(low, last), ...byteSequences(last + 1, high)];
  }
  const length = LAST_OF_LENGTH.findIndex((last) => high <= last) + 1;
  // Where the bytes before differ, those behind have to go from their least to their greatest.
  for (let bits = 6; bits < length * 6; bits += 6) {
    const block = 2 ** bits;
    if (Math.floor(low / block) === Math.floor(high / block)) continue;
    const into = low % block;
    if (into !== 0) return [...byteSequences(low, low - into + block - 1), ...byteSequences(low - into + block, high)];
    const over = (high + 1) % block;
    if (over !== 0) return [...byteSequences(low, high - over), ...byteSequences(high - over + 1, high)];
  }
  const [from, to] = [low, high].map((code) => new TextEncoder().encode(String.fromCodePoint(code)));
  return [Array.from(from!, (byte, at): CharRange => [byte, to![at]!])];
}
