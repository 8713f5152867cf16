/**
 * Gives a connection up that gives nothing.
 *
 * @module
 */

const STALL_MS = 60_000;

/** Fires with the signal that it was made with, or when nothing has touched it for a minute. */
export class Watchdog {
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #timer = this.#start();

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
  }

  touch(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): ReturnType<typeof setTimeout> {
    return setTimeout(() => this.#controller.abort(), STALL_MS);
  }
}
