/**
 * Labels of international domain names, read where they can be trusted to look like what they are.
 *
 * @module
 */

// RFC 3492, section 5.
const [BASE, T_MIN, T_MAX, SKEW, DAMP, FIRST_BIAS, FIRST_CODE] = [36, 1, 26, 38, 700, 72, 128];

/** 'xn--mller-kva' → 'müller'; undefined where it says nothing. */
export function decodeLabel(label: string): string | undefined {
  const code = label.slice('xn--'.length);
  const dash = code.lastIndexOf('-');
  const output = Array.from(code.slice(0, Math.max(dash, 0)));
  let [at, n, bias] = [0, FIRST_CODE, FIRST_BIAS];
  for (let next = dash + 1; next < code.length; at++) {
    const before = at;
    let weight = 1;
    for (let k = BASE; ; k += BASE) {
      const digit = Number.parseInt(code[next++] ?? '?', 36);
      if (Number.isNaN(digit)) return undefined;
      // Base 36 counts the digits first, punycode the letters.
      const value = digit < 10 ? digit + 26 : digit - 10;
      at += value * weight;
      const threshold = Math.min(Math.max(k - bias, T_MIN), T_MAX);
      if (value < threshold) break;
      weight *= BASE - threshold;
    }
    const length = output.length + 1;
    bias = adapt(at - before, length, before === 0);
    n += Math.floor(at / length);
    at %= length;
    if (n > 0x10ffff || (n >= 0xd800 && n < 0xe000)) return undefined;
    output.splice(at, 0, String.fromCodePoint(n));
  }
  return output.join('');
}

function adapt(delta: number, length: number, first: boolean): number {
  let rest = Math.floor(delta / (first ? DAMP : 2));
  rest += Math.floor(rest / length);
  let k = 0;
  for (; rest > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) rest = Math.floor(rest / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * rest) / (rest + SKEW));
}

/** Letters that are taken for a–z: a name of these alone, in either script, is not shown as itself. */
const LOOKALIKES = /^[аеорсухіјѕһԁԛԝӏьгтпкмвньαβγεηικνορτυχω\d-]+$/u;
/** Each is a whole: letters of two of them are not mixed. Latin as Europe writes it, without dotless ı and such. */
const SCRIPTS: readonly RegExp[] = [
  /^[a-z\d\u00df-\u00f6\u00f8-\u0130\u0132-\u017e-]+$/u,
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}ーa-z\d-]+$/u,
  /^[\p{sc=Hangul}\p{sc=Han}a-z\d-]+$/u,
  /^[\p{sc=Han}\p{sc=Bopomofo}a-z\d-]+$/u,
  ...[
    'Cyrillic',
    'Greek',
    'Arabic',
    'Hebrew',
    'Devanagari',
    'Bengali',
    'Tamil',
    'Telugu',
    'Thai',
    'Georgian',
    'Armenian',
  ].map((script) => new RegExp(`^[\\p{sc=${script}}\\p{M}\\d-]+$`, 'u')),
];

/** The label as it reads; undefined where it mixes scripts or could be taken for another one. */
export function readLabel(label: string): string | undefined {
  if (!label.startsWith('xn--')) return label;
  const text = decodeLabel(label);
  if (text === undefined || text !== text.normalize('NFC').toLowerCase() || LOOKALIKES.test(text)) return undefined;
  return SCRIPTS.some((script) => script.test(text)) ? text : undefined;
}
