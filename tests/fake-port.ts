/**
 * A runtime port of an extension, as far as one side sees it.
 *
 * @module
 */

/** One end of a runtime port, and what was posted to it. */
export class FakePort {
  readonly name: string;
  readonly posted: unknown[] = [];
  closed = false;
  #onMessage: ((message: unknown) => void)[] = [];
  #onDisconnect: (() => void)[] = [];
  readonly onMessage = { addListener: (listener: (message: unknown) => void) => void this.#onMessage.push(listener) };
  readonly onDisconnect = { addListener: (listener: () => void) => void this.#onDisconnect.push(listener) };

  constructor(name: string) {
    this.name = name;
  }
  postMessage(message: unknown): void {
    if (this.closed) throw new Error('Attempting to use a disconnected port object');
    this.posted.push(structuredClone(message));
  }
  disconnect(): void {
    this.closed = true;
  }
  /** The other end speaks, or goes. */
  receive(message: unknown): void {
    for (const listener of this.#onMessage) listener(message);
  }
  drop(): void {
    this.closed = true;
    for (const listener of this.#onDisconnect) listener();
  }
}
