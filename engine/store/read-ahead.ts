/**
 * Reading a stored file ahead of whoever reads it, in a thread of its own: what is wanted next is then in the system's page cache, and
 * the disk works while the other thread does. Nothing depends on it but time: what goes wrong here, the other reader meets and tells.
 *
 * @module
 */
import type { StoreDirectory, StoreFile } from './opfs.ts';

/** How far ahead: enough to go on while a header is parsed and kernels are recorded, little enough to stay in memory until it is read. */
const WINDOW_BYTES = 256 << 20;
/** The other thread is told of each step, not of each read. */
const STEP_BYTES = 16 << 20;
/** Read at once, into memory that is used again. */
const READ_BYTES = 4 << 20;

export type AheadRequest = { path: string } | { readTo: number } | { close: true };

export interface AheadThread {
  post(request: AheadRequest): void;
  terminate(): void;
}

export interface AheadEvents {
  /** The file is closed there. */
  onClosed(): void;
  /** It did not start, or is no more. */
  onFailure(): void;
}

export type OpenAheadThread = (events: AheadEvents) => AheadThread;

/** One file that is read ahead. */
export class ReadAhead {
  readonly #thread: AheadThread;
  readonly #closed: Promise<void>;
  #asked = 0;
  #closing = false;

  /** @param path in the directory of stored files. @throws what `openThread` throws */
  constructor(openThread: OpenAheadThread, path: string) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    this.#thread = openThread({ onClosed: resolve, onFailure: resolve });
    this.#thread.post({ path });
    this.reached(0);
  }

  /** Whoever reads the file has come so far. */
  reached(offset: number): void {
    const end = offset + WINDOW_BYTES;
    if (this.#closing || end < this.#asked + STEP_BYTES) return;
    this.#asked = end;
    this.#thread.post({ readTo: end });
  }

  /** Resolves once the file is open there no more: it could not be deleted before. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#thread.post({ close: true });
    }
    await this.#closed;
    this.#thread.terminate();
  }
}

/** What that thread does. */
export class AheadReader {
  readonly #directory: () => Promise<StoreDirectory>;
  readonly #onClosed: () => void;
  /** Work in the order in which it was asked for. */
  #work: Promise<void> = Promise.resolve();
  readonly #memory = new Uint8Array(READ_BYTES);
  #file: StoreFile | undefined;
  #at = 0;
  #end = 0;
  #closing = false;

  constructor(directory: () => Promise<StoreDirectory>, onClosed: () => void) {
    this.#directory = directory;
    this.#onClosed = onClosed;
  }

  handle(request: AheadRequest): void {
    if ('readTo' in request) this.#end = Math.max(this.#end, request.readTo);
    else if ('close' in request) this.#closing = true;
    // Where files can be open only once it is open already, and stays with the one who reads it.
    this.#work = this.#work.then(() => this.#do(request)).catch(() => {});
  }

  async #do(request: AheadRequest): Promise<void> {
    if ('path' in request) this.#file = await (await this.#directory()).open(request.path, 'read');
    else if ('readTo' in request) await this.#read();
    else {
      this.#file?.close();
      this.#file = undefined;
      this.#onClosed();
    }
  }

  async #read(): Promise<void> {
    while (this.#file && !this.#closing && this.#at < this.#end) {
      const count = this.#file.read(this.#memory, this.#at);
      if (count === 0) return;
      this.#at += count;
      await new Promise((resolve) => setTimeout(resolve)); // requests come in between
    }
  }
}
