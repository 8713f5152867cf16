/**
 * What one answer is held to, as the engine sees it: which tokens may come next, as soon as that is known.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { GrammarState } from './grammar-messages.ts';

/** What an {@link AnswerGrammar} asks of its thread. */
export interface GrammarSource {
  accept(token: number): Promise<GrammarState>;
  close(): void;
}

export class AnswerGrammar {
  readonly #source: GrammarSource;
  #state: GrammarState | undefined;
  #next: Promise<void> | undefined;
  #failure: LocalLLMError | undefined;
  #closed = false;

  constructor(source: GrammarSource, first: GrammarState) {
    this.#source = source;
    this.#state = first;
  }

  /** Tokens that may come next, one bit each; undefined while that is being found out, and after a failure. */
  get mask(): Uint32Array<ArrayBuffer> | undefined {
    return this.#state?.mask;
  }

  /** Whether the answer is complete: nothing may come next. */
  get ended(): boolean {
    return this.#state?.ended ?? false;
  }

  /** Why there will be no mask any more. */
  get failure(): LocalLLMError | undefined {
    return this.#failure;
  }

  /** Resolves, never rejects, when the next mask is known or has failed; undefined when that is so already. */
  get next(): Promise<void> | undefined {
    return this.#next;
  }

  /** Goes on behind a token, one that the mask allowed. */
  accept(token: number): void {
    this.#state = undefined;
    this.#next = this.#source
      .accept(token)
      .then(
        (state) => void (this.#state = state),
        (error: unknown) => void (this.#failure = LocalLLMError.from(error)),
      )
      .finally(() => (this.#next = undefined));
  }

  /** Frees it; nothing more may be asked. */
  close(): void {
    if (!this.#closed) this.#source.close();
    this.#closed = true;
  }
}
