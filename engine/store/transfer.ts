/**
 * Brings one file from its server to disk: resumes, tries again, hashes on the way, commits.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { LocalLLMError } from '../protocol/errors.ts';
import type { CatalogEntry } from './catalog.ts';
import { Interrupted, requestRest } from './download.ts';
import type { StoreEnvironment } from './environment.ts';
import type { Journal, JournalRecord } from './journal.ts';
import type { StoreFile } from './opfs.ts';
import { markerOf } from './stored-file.ts';

/** Waits before trying again. The count starts anew whenever a try got further than all before it. */
const BACKOFF_MS = [500, 1000, 2000, 4000];
/** A connection that gives nothing for so long is given up. */
const STALL_MS = 60_000;
/** Bytes between two journal lines, between two progress reports, and read at once. */
const JOURNAL_STEP_BYTES = 8 * 1024 * 1024;
const PROGRESS_STEP_BYTES = 256 * 1024;
const READ_BYTES = 4 * 1024 * 1024;

export interface TransferOptions {
  url: URL;
  /** The file's server is the one that the application came from. */
  sameOrigin: boolean;
  /** Bytes that are there, of `entry.bytes`. */
  onProgress(bytes: number): void;
  signal: AbortSignal;
}

export const cancelled = (): LocalLLMError =>
  new LocalLLMError('aborted', 'The download was cancelled. What is there is kept: the next download goes on from it.');

/** One run of a transfer over open files. Whatever ends it, the journal says how far it came. */
export class Transfer {
  readonly #entry: CatalogEntry;
  readonly #options: TransferOptions;
  readonly #environment: StoreEnvironment;
  readonly #weights: StoreFile;
  readonly #journal: Journal;
  #record: JournalRecord;
  #hash = sha256.create();
  #done = 0;
  #reported = -1;

  /** `previous` is what the journal says of an earlier run. */
  constructor(
    entry: CatalogEntry,
    options: TransferOptions,
    environment: StoreEnvironment,
    files: { weights: StoreFile; journal: Journal; previous: JournalRecord | undefined },
  ) {
    this.#entry = entry;
    this.#options = options;
    this.#environment = environment;
    this.#weights = files.weights;
    this.#journal = files.journal;
    const { bytes, sha256: pinned } = entry;
    const { previous } = files;
    const url = options.url.href;
    if (previous?.sha256 === pinned && previous.bytes === bytes && previous.marker === undefined) {
      const done = Math.min(previous.done, this.#weights.size());
      // Another server's word on the version means nothing here.
      this.#record = previous.url === url ? { ...previous, done } : { format: 1, sha256: pinned, bytes, url, done };
      this.#weights.truncate(done);
    } else {
      this.#record = { format: 1, sha256: pinned, bytes, url, done: 0 };
      this.#weights.truncate(0);
      this.#journal.clear();
      this.#journal.append(this.#record);
    }
  }

  /** @throws LocalLLMError network, storage, storage-full, aborted; hash-mismatch, after which the files are worthless */
  async run(): Promise<void> {
    await this.#recall();
    await this.#checkSpace();
    let best = this.#done;
    let failures = 0;
    while (this.#done < this.#entry.bytes) {
      try {
        await this.#attempt();
      } catch (error) {
        if (this.#options.signal.aborted) throw cancelled();
        if (!(error instanceof Interrupted)) throw await this.#explain(error);
        if (error.startOver) this.#startOver();
        if (this.#done > best) failures = 0;
        best = Math.max(best, this.#done);
        const wait = BACKOFF_MS[failures++];
        if (wait === undefined) throw this.#givenUp(error);
        await this.#environment.sleep(wait, this.#options.signal);
        if (this.#options.signal.aborted) throw cancelled();
      }
    }
    this.#commit();
  }

  /** Hashes what an earlier run left: the hash's state is not stored, the bytes are. */
  async #recall(): Promise<void> {
    const piece = new Uint8Array(Math.min(READ_BYTES, this.#record.done));
    while (this.#done < this.#record.done) {
      const count = this.#weights.read(piece.subarray(0, this.#record.done - this.#done), this.#done);
      this.#hash.update(piece.subarray(0, count));
      this.#done += count;
      await this.#environment.sleep(0, this.#options.signal); // a worker must hear a cancel
      if (this.#options.signal.aborted) throw cancelled();
    }
    this.#report();
  }

  async #checkSpace(): Promise<void> {
    const available = await this.#environment.availableBytes();
    if (available !== undefined && available < this.#entry.bytes - this.#done) throw this.#full(available);
  }

  async #attempt(): Promise<void> {
    const { url, sameOrigin, signal } = this.#options;
    const { bytes } = this.#entry;
    const { etag, lastModified } = this.#record;
    const watchdog = new Watchdog();
    const request = { url, bytes, from: this.#done, etag, lastModified, sameOrigin };
    const both = AbortSignal.any([signal, watchdog.signal]);
    const rest = await requestRest({ ...request, signal: both }, this.#environment.fetch).catch((error: unknown) => {
      watchdog.stop();
      throw error;
    });
    if (rest.start !== this.#done) this.#startOver();
    const { etag: _, lastModified: __, ...record } = this.#record;
    this.#record = {
      ...record,
      ...(rest.etag !== undefined && { etag: rest.etag }),
      ...(rest.lastModified !== undefined && { lastModified: rest.lastModified }),
    };
    const reader = rest.body.getReader();
    try {
      for (;;) {
        const piece = await reader.read().catch((cause: unknown) => {
          throw new Interrupted('the connection broke off', { cause });
        });
        if (piece.done) break;
        watchdog.touch();
        this.#take(piece.value);
      }
      if (this.#done < bytes) throw new Interrupted('the connection ended early');
    } finally {
      watchdog.stop();
      await reader.cancel().catch(() => {}); // a broken stream is what brought us here
      this.#save();
    }
  }

  #take(piece: Uint8Array): void {
    const { name, bytes } = this.#entry;
    if (this.#done + piece.length > bytes) {
      throw new LocalLLMError(
        'hash-mismatch',
        `The server sent more than the ${bytes} bytes that ${name} has: it is another file, and nothing of it was kept. Try again later, or choose another model.`,
      );
    }
    this.#weights.write(piece, this.#done);
    this.#hash.update(piece);
    this.#done += piece.length;
    if (this.#done - this.#record.done >= JOURNAL_STEP_BYTES) this.#save();
    if (this.#done - this.#reported >= PROGRESS_STEP_BYTES || this.#done === bytes) this.#report();
  }

  /** The weights first: the journal never speaks of bytes that a crash could lose. */
  #save(): void {
    this.#weights.flush();
    this.#record = { ...this.#record, done: this.#done };
    this.#journal.append(this.#record);
  }

  #startOver(): void {
    this.#weights.truncate(0);
    this.#hash = sha256.create();
    this.#done = 0;
    const { sha256: pinned, bytes, url } = this.#record;
    this.#record = { format: 1, sha256: pinned, bytes, url, done: 0 };
    this.#journal.append(this.#record);
    this.#report();
  }

  #commit(): void {
    const { name, sha256: pinned } = this.#entry;
    const actual = bytesToHex(this.#hash.digest());
    if (actual !== pinned) {
      throw new LocalLLMError(
        'hash-mismatch',
        `${name} arrived with SHA-256 ${actual}; pinned is ${pinned}. It was changed on the server or on the way, and nothing of it was kept. Try again, or choose another model.`,
      );
    }
    this.#weights.flush();
    this.#record = { ...this.#record, done: this.#done, marker: markerOf(this.#weights) };
    this.#journal.append(this.#record);
  }

  #report(): void {
    this.#reported = this.#done;
    this.#options.onProgress(this.#done);
  }

  /** A full disk, with figures; anything else as it is. */
  async #explain(error: unknown): Promise<LocalLLMError> {
    const known = LocalLLMError.from(error);
    return known.code === 'storage-full' ? this.#full(await this.#environment.availableBytes(), known) : known;
  }

  #full(available: number | undefined, cause?: unknown): LocalLLMError {
    const requested = this.#entry.bytes - this.#done;
    const has = available === undefined ? 'the disk is full' : `${megabytes(available)} are available`;
    return new LocalLLMError(
      'storage-full',
      `${this.#entry.name} needs ${megabytes(requested)} more and ${has}. Delete other models or free disk space, then try again: the ${megabytes(this.#done)} that are there are kept.`,
      { cause, details: { requested, ...(available !== undefined && { quota: available }) } },
    );
  }

  #givenUp(cause: Interrupted): LocalLLMError {
    const { name, bytes } = this.#entry;
    return new LocalLLMError(
      'network',
      `The download of ${name} from ${this.#options.url.href} stopped at ${megabytes(this.#done)} of ${megabytes(bytes)}: ${cause.message}. Check the connection and try again: it goes on from there.`,
      { cause },
    );
  }
}

/** Fires when nothing has touched it for `STALL_MS`. */
class Watchdog {
  readonly #controller = new AbortController();
  readonly signal = this.#controller.signal;
  #timer = this.#start();

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

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
