/**
 * Prompts of a given length, of which no two begin alike: caches of prefixes find nothing.
 *
 * @module
 */
import type { ModelSource } from '../../engine/gguf/split.ts';
import { readModel } from '../../engine/runtime/load-model.ts';

const WORDS = 'time way year work day part place case point hand week thing world life house water night'.split(' ');

export class Prompts {
  /** Tokens that end an answer. */
  readonly endIds: readonly number[];
  /** Tokens whose bytes are no whole characters. */
  readonly brokenIds: readonly number[];
  /** The longest context that the model was made for. */
  readonly contextTokens: number;
  readonly #count: (text: string) => number;
  #made = 0;

  private constructor({ tokenizer, hp }: Awaited<ReturnType<typeof readModel>>) {
    this.contextTokens = hp.contextTokens;
    this.#count = (text) => tokenizer.encode(text).length;
    this.endIds = [...tokenizer.eogIds];
    const ids = Array.from({ length: tokenizer.vocabSize }, (_, id) => id);
    this.brokenIds = ids.filter((id) => tokenizer.text(id, { special: true }).includes('\ufffd'));
  }

  static async of(source: ModelSource): Promise<Prompts> {
    return new Prompts(await readModel(source));
  }

  /** Text of at most `tokens` tokens and nearly as many. */
  next(tokens: number): string {
    let seed = ++this.#made * 7919;
    const word = () => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return WORDS[(seed >>> 16) % WORDS.length]!;
    };
    const words = [`${this.#made}`];
    while (words.length < tokens) words.push(word());
    const text = words.join(' ');
    // The longest beginning that fits.
    let [low, high] = [1, text.length];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#count(text.slice(0, middle)) <= tokens) low = middle;
      else high = middle - 1;
    }
    return text.slice(0, low);
  }
}
