/**
 * Saves a chat while it goes on. A chat that cannot be saved still goes on.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { ChatHistory } from '../history/history.ts';

/** An answer is written to disk at most this often while it streams. */
const SAVE_MS = 200;

export class ChatKeeper {
  readonly #history: ChatHistory;
  readonly #onError: (error: ErrorData) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due: (() => void) | undefined;

  constructor(history: ChatHistory, onError: (error: ErrorData) => void) {
    this.#history = history;
    this.#onError = onError;
  }

  /** Undefined where the work failed; `onError` was told why. */
  async quietly<T>(work: (history: ChatHistory) => Promise<T>): Promise<T | undefined> {
    try {
      return await work(this.#history);
    } catch (error) {
      this.#onError(LocalLLMError.from(error, 'storage').toData());
      return undefined;
    }
  }

  /** Calls back now or, when that was a moment ago, in a moment, once for many calls. */
  soon(save: () => void): void {
    this.#due = save;
    if (this.#timer === undefined) this.#next();
  }

  /** What was due {@link soon} is saved already. */
  notSoon(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#due = undefined;
  }

  #next(): void {
    const due = this.#due;
    this.#due = undefined;
    this.#timer = due && setTimeout(() => this.#next(), SAVE_MS);
    due?.();
  }
}
