/**
 * Reads a JavaScript regular expression. What no grammar can say is refused by name.
 *
 * @module
 */
import { LocalLLMError, quoted } from '../protocol/errors.ts';
import { ASTRAL, type CharSet, charsOf, contains, SURROGATE_HALVES, union } from './char-set.ts';
import { EMPTY, type Pattern } from './pattern.ts';
import { anyChar, classEscape, classSet, type Flags, literalChar, propertyEscape } from './regexp-sets.ts';

const MAX_DEPTH = 100;
const CONTROLS: Readonly<Record<string, string>> = { t: '\t', n: '\n', v: '\v', f: '\f', r: '\r' };

function refused(what: string, instead: string): LocalLLMError {
  return new LocalLLMError('not-supported', `The regular expression has ${what}, which cannot be enforced. ${instead}`);
}

/**
 * @throws LocalLLMError bad-argument for what is no regular expression, not-supported for look-around, back references, word
 * borders and the flag v
 */
export function parseRegExp(source: string, flags: string): Pattern {
  try {
    void new RegExp(source, flags);
  } catch (cause) {
    throw new LocalLLMError('bad-argument', `/${quoted(source)}/${flags} is no regular expression: ${String(cause)}`, {
      cause,
    });
  }
  if (flags.includes('v')) throw refused('the flag v', 'Use the flag u.');
  return new Parser(source, {
    ignoreCase: flags.includes('i'),
    dotAll: flags.includes('s'),
    unicode: flags.includes('u'),
  }).parse();
}

/** The source is known to be sound: only what is to be refused is looked for. */
class Parser {
  readonly #source: string;
  readonly #flags: Flags;
  #at = 0;
  #depth = 0;

  constructor(source: string, flags: Flags) {
    this.#source = source;
    this.#flags = flags;
  }

  parse(): Pattern {
    return this.#choice();
  }

  #eat(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  /** Reads what the expression matches here. */
  #match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#at;
    const match = expression.exec(this.#source) ?? undefined;
    if (match) this.#at += match[0].length;
    return match;
  }

  #next(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += character.length;
    return character;
  }

  #choice(): Pattern {
    if (++this.#depth > MAX_DEPTH) throw refused(`groups more than ${MAX_DEPTH} deep`, 'Make it simpler.');
    const options = [this.#sequence()];
    while (this.#eat('|')) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? options[0]! : { type: 'choice', options };
  }

  #sequence(): Pattern {
    const items: Pattern[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) items.push(this.#term());
    return items.length === 1 ? items[0]! : { type: 'sequence', items };
  }

  #term(): Pattern {
    const begin = this.#at;
    const item = this.#atom();
    const end = this.#at;
    const count = this.#quantifier();
    if (!count) return item;
    if (!this.#flags.unicode && item.type === 'chars') {
      if (item.set.some(([low]) => low > 0xffff)) {
        throw refused(`${quoted(this.#source.slice(begin, end))} repeated, without the flag u`, 'Add the flag u.');
      }
      // A pair of halves is a character to a text; only where it does not matter how many units were counted.
      const pairs = count.high === Number.POSITIVE_INFINITY && contains(item.set, SURROGATE_HALVES);
      if (pairs && count.low <= 1) return { type: 'repeat', item: { ...item, set: union(item.set, ASTRAL) }, ...count };
    }
    return { type: 'repeat', item, ...count };
  }

  #quantifier(): { low: number; high: number } | undefined {
    const match = this.#match(/(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/y);
    if (!match) return undefined;
    const [text, low, comma, high] = match;
    if (low === undefined) {
      return { low: text[0] === '+' ? 1 : 0, high: text[0] === '?' ? 1 : Number.POSITIVE_INFINITY };
    }
    if (comma === '') return { low: Number(low), high: Number(low) };
    return { low: Number(low), high: high === '' ? Number.POSITIVE_INFINITY : Number(high) };
  }

  #atom(): Pattern {
    if (this.#eat('^')) return { type: 'start' };
    if (this.#eat('$')) return { type: 'end' };
    if (this.#eat('.')) return { type: 'chars', set: anyChar(this.#flags) };
    if (this.#eat('(')) return this.#group();
    if (this.#eat('[')) return { type: 'chars', set: this.#class() };
    if (this.#eat('\\')) return this.#escape();
    return this.#character(this.#next());
  }

  #character(character: string): Pattern {
    return { type: 'chars', set: literalChar(character, this.#flags) };
  }

  #group(): Pattern {
    if (this.#match(/\?<?[=!]/y)) throw refused('look-ahead or look-behind', 'Write it without.');
    if (this.#match(/\?[a-z-]+:/y)) throw refused('flags within a group', 'Give them for the whole expression.');
    if (!this.#eat('?:')) this.#match(/\?<[^>]*>/y);
    const inner = this.#choice();
    this.#eat(')');
    return inner.type === 'sequence' && inner.items.length === 0 ? EMPTY : { type: 'sequence', items: [inner] };
  }

  #escape(): Pattern {
    if (this.#match(/[bB]/y)) throw refused('\\b or \\B', 'Write it without word borders.');
    const property = this.#property();
    if (property) return { type: 'chars', set: property };
    const set = this.#classEscape();
    return set ? { type: 'chars', set } : this.#character(this.#charEscape());
  }

  #classEscape(): CharSet | undefined {
    const set = classEscape(this.#source[this.#at]!, this.#flags);
    if (set) this.#at++;
    return set;
  }

  #property(): CharSet | undefined {
    const property = this.#flags.unicode ? this.#match(/[pP]\{[^}]*\}/y) : undefined;
    return property && propertyEscape(`\\${property[0]}`, this.#flags);
  }

  /** The character that an escape stands for. */
  #charEscape(): string {
    const code = this.#match(/x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}/y);
    if (code && (code[3] === undefined || this.#flags.unicode)) return this.#codePoint(code);
    if (code) throw refused('\\u{…} without the flag u', 'Add the flag u.');
    const control = this.#match(/c([A-Za-z])/y);
    if (control) return String.fromCharCode(control[1]!.charCodeAt(0) % 32);
    if (this.#match(/0(?!\d)/y)) return '\0';
    if (this.#match(/\d|k(?=<)/y)) throw refused('a back reference', 'Write what it repeats.');
    const letter = this.#next();
    return CONTROLS[letter] ?? letter;
  }

  #codePoint([, byte, unit, point]: RegExpExecArray): string {
    const code = Number.parseInt((byte ?? unit ?? point)!, 16);
    if (code < 0xd800 || code > 0xdfff) return String.fromCodePoint(code);
    const low = code < 0xdc00 ? this.#match(/\\u([dD][c-fC-F][0-9a-fA-F]{2})/y) : undefined;
    if (!low) throw refused('half of a character', 'Give both halves.');
    return String.fromCharCode(code, Number.parseInt(low[1]!, 16));
  }

  #class(): CharSet {
    const isNegated = this.#eat('^');
    const sets: CharSet[] = [];
    while (!this.#eat(']')) {
      const low = this.#classAtom();
      if (this.#source[this.#at] !== '-' || this.#source[this.#at + 1] === ']' || typeof low !== 'string') {
        sets.push(typeof low === 'string' ? charsOf(low) : low);
        continue;
      }
      this.#at++;
      const high = this.#classAtom();
      if (typeof high === 'string') sets.push([[low.codePointAt(0)!, high.codePointAt(0)!]]);
      else sets.push(charsOf(`${low}-`), high);
    }
    const set = union(...sets);
    if (!this.#flags.unicode && set.some(([, high]) => high > 0xffff)) {
      throw refused('a class with characters of two UTF-16 units, without the flag u', 'Add the flag u.');
    }
    return classSet(set, isNegated, this.#flags);
  }

  /** A character, or a set. */
  #classAtom(): string | CharSet {
    if (!this.#eat('\\')) return this.#next();
    if (this.#eat('b')) return '\b';
    if (this.#flags.unicode && this.#eat('-')) return '-';
    return this.#property() ?? this.#classEscape() ?? this.#charEscape();
  }
}
