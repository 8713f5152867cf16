/**
 * What one rendering of a chat template may use: a template comes with a downloaded model and may be made to do harm.
 *
 * @module
 */

/** UTF-16 units of a template's source. */
export const MAX_TEMPLATE_CHARS = 1 << 18;
/** White space in a row in a template's source: the parser's time grows with its square. */
export const MAX_BLANKS = 1024;
/** Nodes of the template's syntax tree that one rendering may evaluate, and items that its filters may handle. */
export const MAX_STEPS = 500_000;
/** Evaluations within evaluations: nested expressions, blocks and macros. */
export const MAX_DEPTH = 400;
/** Items of one list. */
export const MAX_ITEMS = 1 << 20;
/** Characters of one string, beyond eight times what went in. */
export const MAX_STRING_CHARS = 1 << 20;
/** A rendering that takes longer is stopped, whatever it counts. */
const DEADLINE_MS = 2_000;

/** A limit was passed: kept apart from the template's own errors. */
export class LimitError extends Error {}

/** Counts what one rendering uses. Every method throws `LimitError`. */
export class Limits {
  private steps = 0;
  private readonly maxChars: number;
  private readonly deadline = performance.now() + DEADLINE_MS;

  /** @param inputChars characters of the messages, tools and the source */
  constructor(inputChars: number) {
    this.maxChars = MAX_STRING_CHARS + 8 * inputChars;
  }

  step(count = 1): void {
    this.steps += count;
    if (this.steps > MAX_STEPS) throw new LimitError(`takes more than ${MAX_STEPS} steps`);
    if (performance.now() > this.deadline) throw new LimitError(`takes longer than ${DEADLINE_MS / 1000} s`);
  }

  chars(length: number): void {
    if (length > this.maxChars) throw new LimitError(`makes a text of more than ${this.maxChars} characters`);
  }

  /** The length of a list, also one that is no number. */
  items(length: number): void {
    if (!(length <= MAX_ITEMS)) throw new LimitError(`makes a list of more than ${MAX_ITEMS} items`);
  }

  depth(depth: number): void {
    if (depth > MAX_DEPTH) throw new LimitError(`nests more than ${MAX_DEPTH} deep`);
  }
}
