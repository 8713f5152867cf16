/**
 * Verifies a stored file in threads of its own, a little ahead of whoever reads it: the sums take longer than the reading, and what is
 * wanted next is in the system's page cache by then.
 *
 * @module
 */
import type { StoreDirectory, StoreFile } from './opfs.ts';
import { pieceSum } from './piece-sums.ts';

/** How far ahead: enough to go on while kernels are recorded, little enough to stay in memory until it is read. */
const WINDOW_BYTES = 256 << 20;
/** What a thread does in its turn, and tells of. A multiple of a piece. */
const STEP_BYTES = 16 << 20;
/** One takes longer than loading does. */
const THREADS = 2;

export interface FileToVerify {
  /** In the directory of stored files. */
  path: string;
  /** Bytes. */
  size: number;
  pieceBytes: number;
  /** Of each piece. */
  sums: Uint32Array;
}

/** Which of the file's steps a thread verifies: every `of`-th, from the `first` on. */
interface Share {
  first: number;
  of: number;
}

export type VerifierRequest = { open: FileToVerify & Share } | { readTo: number } | { close: true };
/** `verifiedTo`: of the thread's share. `failed`: it cannot tell. */
export type VerifierReply =
  | { verifiedTo: number }
  | { damaged: [start: number, end: number] }
  | { failed: true }
  | { closed: true };

export interface VerifierThread {
  post(request: VerifierRequest): void;
  terminate(): void;
}

export interface VerifierEvents {
  onReply(reply: VerifierReply): void;
  /** It did not start, or is no more. */
  onFailure(): void;
}

export type OpenVerifierThread = (events: VerifierEvents) => VerifierThread;

/** One file that is verified: once, until all of it is or something is wrong. */
export class Verifier {
  readonly #threads: VerifierThread[] = [];
  readonly #size: number;
  readonly #ended = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  /** Of each thread. */
  readonly #verifiedTo = Array<number>(THREADS).fill(0);
  #open = THREADS;
  #damaged: [number, number] | undefined;
  #failed = false;
  #asked = 0;
  #closing: Promise<void> | undefined;

  /** @throws what `openThread` throws */
  constructor(openThread: OpenVerifierThread, file: FileToVerify) {
    this.#size = file.size;
    try {
      for (let index = 0; index < THREADS; index++) {
        const onReply = (reply: VerifierReply) => this.#reply(index, reply);
        this.#threads.push(openThread({ onReply, onFailure: () => this.#fail() }));
      }
    } catch (error) {
      for (const thread of this.#threads) thread.terminate();
      throw error;
    }
    for (const [first, thread] of this.#threads.entries()) thread.post({ open: { ...file, first, of: THREADS } });
    this.reached(0);
  }

  /** Bytes from the beginning that are as they were stored. */
  get verifiedTo(): number {
    return Math.min(...this.#verifiedTo);
  }

  /** The first bytes that are not. */
  get damaged(): [start: number, end: number] | undefined {
    return this.#damaged;
  }

  /** It goes no further: the file could not be opened there, or a thread is no more. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whoever reads the file has come so far. */
  reached(offset: number): void {
    const end = Math.min(offset + WINDOW_BYTES, this.#size);
    if (this.#closing || end === this.#asked || (end < this.#size && end < this.#asked + STEP_BYTES)) return;
    this.#asked = end;
    this.#post({ readTo: end });
  }

  /** Resolves when all is verified, or something is damaged or failed, or the file was closed. */
  async finish(): Promise<void> {
    this.reached(this.#size);
    await this.#ended.promise;
  }

  /** Resolves once the file is open there no more: it could not be deleted before. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#ended.resolve();
    this.#post({ close: true });
    await this.#closed.promise;
    for (const thread of this.#threads) thread.terminate();
  }

  #post(request: VerifierRequest): void {
    for (const thread of this.#threads) thread.post(request);
  }

  #reply(thread: number, reply: VerifierReply): void {
    if ('verifiedTo' in reply) this.#verifiedTo[thread] = reply.verifiedTo;
    else if ('damaged' in reply) this.#damaged = reply.damaged;
    else if ('failed' in reply) this.#failed = true;
    else if (--this.#open === 0) this.#closed.resolve();
    // Threads that have nothing more to do go: a model may have many files.
    if (this.verifiedTo === this.#size || this.#damaged || this.#failed) void this.close();
  }

  #fail(): void {
    this.#failed = true;
    this.#closed.resolve();
    void this.close();
  }
}

/** What that thread does. */
export class VerifierWork {
  readonly #directory: () => Promise<StoreDirectory>;
  readonly #reply: (reply: VerifierReply) => void;
  /** In the order in which it was asked for. */
  #work: Promise<void> = Promise.resolve();
  #opened: { blob: StoreFile; file: FileToVerify & Share; memory: Uint8Array } | undefined;
  #at = 0;
  #damaged = false;

  constructor(directory: () => Promise<StoreDirectory>, reply: (reply: VerifierReply) => void) {
    this.#directory = directory;
    this.#reply = reply;
  }

  handle(request: VerifierRequest): void {
    // Fails where a file can be open only once: it is open already.
    this.#work = this.#work.then(() => this.#do(request)).catch(() => this.#reply({ failed: true }));
  }

  async #do(request: VerifierRequest): Promise<void> {
    if ('open' in request) {
      const { open: file } = request;
      const blob = await (await this.#directory()).open(file.path, 'read');
      this.#opened = { blob, file, memory: new Uint8Array(file.pieceBytes) };
    } else if ('readTo' in request) {
      this.#verify(request.readTo);
    } else {
      this.#opened?.blob.close();
      this.#opened = undefined;
      this.#reply({ closed: true });
    }
  }

  #verify(to: number): void {
    if (!this.#opened || this.#damaged) return;
    const { blob, memory, file } = this.#opened;
    while (this.#at < to) {
      const step = Math.floor(this.#at / STEP_BYTES);
      if (step % file.of !== file.first) {
        this.#pass(Math.min((step + 1) * STEP_BYTES, file.size));
        continue;
      }
      const end = Math.min(this.#at + file.pieceBytes, file.size);
      const piece = memory.subarray(0, end - this.#at);
      if (blob.read(piece, this.#at) < piece.length || pieceSum(piece) !== file.sums[this.#at / file.pieceBytes]) {
        this.#reply({ damaged: [this.#at, end] });
        this.#damaged = true;
        return;
      }
      this.#pass(end);
    }
  }

  #pass(to: number): void {
    this.#at = to;
    if (to === this.#opened?.file.size || to % STEP_BYTES === 0) this.#reply({ verifiedTo: to });
  }
}
