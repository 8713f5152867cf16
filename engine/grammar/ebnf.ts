/**
 * Grammars as the text that the grammar engine reads (its dialect of EBNF), made rule by rule.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

/** Characters of a whole grammar: a schema of the largest size stays below, one that multiplies itself does not. */
const MAX_GRAMMAR_CHARS = 1 << 20;

/** The rules of one grammar. */
export class Ebnf {
  readonly #rules: string[] = [];
  readonly #shared = new Map<string, string>();
  #chars = 0;
  #names = 0;

  /** A name for a rule that {@link define} gives its body later: rules may refer to each other. */
  reserve(hint: string): string {
    return `${hint}_${this.#names++}`;
  }

  /** @throws LocalLLMError bad-argument when the grammar has become too large */
  define(name: string, body: string): string {
    this.#chars += name.length + body.length;
    if (this.#chars > MAX_GRAMMAR_CHARS) {
      throw new LocalLLMError(
        'bad-argument',
        `The constraint makes a grammar of more than ${MAX_GRAMMAR_CHARS} characters. Make the schema or pattern simpler.`,
      );
    }
    this.#rules.push(`${name} ::= ${body}`);
    return name;
  }

  rule(hint: string, body: string): string {
    return this.define(this.reserve(hint), body);
  }

  /** A rule that is made once, however often it is asked for; its body may go on with itself. */
  once(name: string, body: (self: string) => string): string {
    const known = this.#shared.get(name);
    if (known !== undefined) return known;
    const made = this.reserve(/^\w+$/.test(name) ? name : 'shared');
    this.#shared.set(name, made);
    return this.define(made, body(made));
  }

  /**
   * `item` from `low` to `high` times, as rules that go on with themselves: the engine knows then beforehand which tokens fit
   * within them, and looks at each only where they end.
   */
  repeat(item: string, low: number, high = Number.POSITIVE_INFINITY): string {
    const first = Array<string>(low).fill(item).join(' ');
    if (high === low) return first === '' ? '""' : first;
    let chain = '';
    if (high === Number.POSITIVE_INFINITY) {
      chain = this.reserve('more');
      this.define(chain, `"" | ${item} ${chain}`);
    }
    for (let count = low; Number.isFinite(high) && count < high; count++) {
      chain = this.rule('upto', `"" | ${item} ${chain}`.trimEnd());
    }
    return `${first} ${chain}`.trimStart();
  }

  /** The grammar's text, beginning at `root`'s expression. */
  text(root: string): string {
    return [`root ::= ${root}`, ...this.#rules].join('\n');
  }
}
