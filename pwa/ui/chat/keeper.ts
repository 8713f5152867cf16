/**
 * Saves a chat while it goes on. A chat that cannot be saved still goes on.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { ChatHistory } from '../history/history.ts';
import type { ChatMessage, ConversationRecord } from '../history/records.ts';

/** An answer is written to disk at most this often while it streams. */
const SAVE_MS = 200;

export class ChatKeeper {
  readonly #history: ChatHistory;
  readonly #onError: (error: ErrorData | undefined) => void;
  /** The conversation of which something could not be saved. */
  #unsaved: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due: (() => void) | undefined;

  /** @param onError called with undefined when what could not be saved is saved */
  constructor(history: ChatHistory, onError: (error: ErrorData | undefined) => void) {
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

  /** A message with its conversation; where one could not be saved before, with `all` that the conversation has. */
  async save(conversation: ConversationRecord, message: ChatMessage, all: Iterable<ChatMessage>): Promise<void> {
    const whole = this.#unsaved === conversation.id;
    const saved = await this.quietly(async (history) => {
      if (whole) await history.saveAll([{ conversation, messages: [...all, message] }]);
      else await history.save(conversation, message);
      return true;
    });
    if (!saved) this.#unsaved = conversation.id;
    else if (whole) {
      this.#unsaved = undefined;
      this.#onError(undefined);
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
