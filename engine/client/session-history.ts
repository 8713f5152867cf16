/**
 * What a session holds: messages that stay, and turns of which the oldest may go.
 *
 * @module
 */
import type { Message } from '../protocol/messages.ts';

export class SessionHistory {
  #kept: readonly Message[];
  #turns: readonly Message[] = [];

  /** `kept`: the initial prompts, never evicted. */
  constructor(kept: readonly Message[]) {
    this.#kept = kept;
  }

  get isEmpty(): boolean {
    return this.#kept.length + this.#turns.length === 0;
  }

  /** All messages but the oldest `evicted` ones of the turns. */
  messages(evicted = 0): Message[] {
    return [...this.#kept, ...this.#turns.slice(evicted)];
  }

  /**
   * How many messages may go, rising, first none: one prompt and what answered it at a time. A tool's results go with the call,
   * and of several messages of the user in a row only the last has the answer.
   */
  evictions(): number[] {
    const counts = [0];
    for (let at = 1; at <= this.#turns.length; at++) {
      if (at === this.#turns.length || this.#turns[at]?.role === 'user') counts.push(at);
    }
    return counts;
  }

  evict(count: number): void {
    this.#turns = this.#turns.slice(count);
  }

  /** A system message, which only an empty history takes, stays as the initial prompts do. */
  add(messages: readonly Message[]): void {
    const kept = messages[0]?.role === 'system' ? 1 : 0;
    this.#kept = [...this.#kept, ...messages.slice(0, kept)];
    this.#turns = [...this.#turns, ...messages.slice(kept)];
  }

  copy(): SessionHistory {
    const copy = new SessionHistory(this.#kept);
    copy.#turns = this.#turns;
    return copy;
  }
}
