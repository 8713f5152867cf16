/**
 * One answer's text on its way to the asker, under credit.
 *
 * @module
 */
import { INITIAL_CREDIT } from '../protocol/messages.ts';

/** More credit than this is never remembered: a hostile asker gains nothing by granting it. */
const MAX_CREDIT = 1 << 16;

/** Sends deltas while there is credit; without credit they gather into one. Generation never waits for a reader. */
export class DeltaPipe {
  readonly #send: (text: string) => void;
  #credit = INITIAL_CREDIT;
  #held = '';

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  push(text: string): void {
    this.#held += text;
    if (this.#credit > 0) this.#flush();
  }

  credit(deltas: number): void {
    this.#credit = Math.min(this.#credit + deltas, MAX_CREDIT);
    if (this.#credit > 0) this.#flush();
  }

  /** The answer is complete: what is held goes out as one last delta, credit or not. */
  end(): void {
    this.#flush();
  }

  #flush(): void {
    if (this.#held === '') return;
    const text = this.#held;
    this.#held = '';
    this.#credit--;
    this.#send(text);
  }
}
