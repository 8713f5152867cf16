/**
 * Brings one file from its server to disk: several ranges at once, resumed, tried again, hashed on the way, committed.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { type ByteRange, ByteRanges } from './byte-ranges.ts';
import { type Body, type DownloadRequest, Interrupted, requestBytes } from './download.ts';
import type { StoreEnvironment } from './environment.ts';
import type { PartialBlob } from './partial-blob.ts';
import { checkRoom, megabytes, storageFull } from './room.ts';
import { checkMagic } from './magic.ts';
import { Watchdog } from './watchdog.ts';

/** Waits before trying again. The count starts anew whenever a try got further than all before it. */
const BACKOFF_MS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000];
/** A server that never gave a byte may refuse web pages altogether: that is said soon. */
const TRIES_OF_A_STRANGER = 3;
/** Requests at once. More than a few gain little and look like an attack. */
const CONNECTIONS = 3;
/** Bytes of one request; a file that is smaller comes in one. */
export const SEGMENT_BYTES = 32 * 1024 * 1024;
/** Hashed without a pause: some 30 ms. */
const PIECES_PER_TURN = 8;
const PROGRESS_STEP_BYTES = 256 * 1024;

export interface TransferOptions {
  /** For messages. */
  name: string;
  url: URL;
  /** The file's server is the one that the application came from. */
  sameOrigin: boolean;
  /** `Authorization` for the URL's host. */
  authorization?: string | undefined;
  /** Bytes of the file and their hash, where they are known beforehand. */
  bytes?: number | undefined;
  sha256?: string | undefined;
  /** Bytes that are there, and of the whole file. */
  onProgress(bytes: number, total: number | undefined): void;
  signal: AbortSignal;
  /** For tests: smaller requests. */
  segmentBytes?: number | undefined;
}

export const cancelled = (): LocalLLMError =>
  new LocalLLMError('aborted', 'The download was stopped. What is there is kept: the next download goes on from it.');

/** One run of a transfer over an open blob. Whatever ends it, the journal says how far it came. */
export class Transfer {
  readonly #blob: PartialBlob;
  readonly #options: TransferOptions;
  readonly #environment: StoreEnvironment;
  /** Undefined until a server has answered a Range. */
  #ranges: boolean | undefined;
  #connections = CONNECTIONS;
  #reported = -1;

  constructor(blob: PartialBlob, options: TransferOptions, environment: StoreEnvironment) {
    this.#blob = blob;
    this.#options = options;
    this.#environment = environment;
    const { url, bytes } = options;
    // For an extension's own file Chromium answers a Range with 200 and only the rest. It is local: starting over is cheap.
    if (!url.protocol.startsWith('http')) this.#ranges = false;
    if (bytes !== undefined && blob.bytes !== undefined && blob.bytes !== bytes) blob.startOver({}, bytes);
    if (bytes !== undefined) blob.bytes = bytes;
    if (blob.version.url !== url.href) blob.version = {}; // another server's word on the version means nothing here
    // Bytes that nobody pinned only go together with others of one version.
    const { etag, lastModified } = blob.version;
    const known = options.sha256 ?? etag ?? lastModified;
    if (known === undefined && blob.have.bytes > 0) blob.startOver({}, bytes);
  }

  /**
   * Ends with the blob complete and hashed right, but not committed.
   * @throws LocalLLMError network, not-allowed, storage, storage-full, aborted; hash-mismatch, after which the files are worthless
   */
  async run(): Promise<string> {
    await this.#settle();
    this.#report();
    await this.#checkRoom();
    let best = this.#blob.have.bytes;
    let failures = 0;
    while (!this.#blob.complete) {
      try {
        await this.#round();
        await this.#settle();
        this.#report();
      } catch (error) {
        if (this.#options.signal.aborted) throw cancelled();
        if (!(error instanceof Interrupted)) throw await this.#explain(error);
        if (error.startOver) this.#startOver();
        if (error.noRanges) this.#ranges = false;
        if (error.slowDown) this.#connections = 1;
        const done = this.#blob.have.bytes;
        if (done > best) [best, failures] = [done, 0];
        const tries = error.unreachable && best === 0 ? TRIES_OF_A_STRANGER : BACKOFF_MS.length;
        const backoff = failures < tries ? BACKOFF_MS[failures++] : undefined;
        if (backoff === undefined) throw this.#givenUp(error);
        await this.#wait(Math.max(error.retryAfterMs, backoff * (0.75 + this.#environment.random() / 2)));
      }
    }
    return this.#checkHash();
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#options;
    await this.#environment.sleep(ms, signal);
    await this.#environment.online(signal);
    if (signal.aborted) throw cancelled();
  }

  /** Hashes what lies in order. An earlier run's bytes are hashed again: the hash's state is not stored, the bytes are. */
  async #settle(): Promise<void> {
    for (let count = 1; this.#blob.advance(); count++) {
      if (count % PIECES_PER_TURN > 0) continue;
      await this.#environment.sleep(0, this.#options.signal); // a worker must hear a cancel, and do other work
      if (this.#options.signal.aborted) throw cancelled();
    }
  }

  /** Requests until nothing is missing or one of them fails. */
  async #round(): Promise<void> {
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#options.signal, stop.signal]);
    const claimed = new ByteRanges(this.#blob.have.toJSON());
    const lanes: Promise<void>[] = [];
    let failure: { error: unknown } | undefined;
    const start = (): void => {
      const lane = this.#lane(claimed, signal, widen).catch((error: unknown) => {
        failure ??= { error };
        stop.abort();
      });
      lanes.push(lane);
    };
    const widen = (): void => {
      const end = this.#blob.bytes ?? 0;
      while (lanes.length < this.#connections && claimed.gap(end)) start();
    };
    start();
    for (let at = 0; at < lanes.length; at++) await lanes[at];
    try {
      this.#blob.save();
    } catch (error) {
      failure ??= { error }; // a full disk; what was saved before stays
    }
    if (failure) throw failure.error;
  }

  async #lane(claimed: ByteRanges, signal: AbortSignal, widen: () => void): Promise<void> {
    for (;;) {
      const gap = this.#claim(claimed);
      if (!gap) return;
      await this.#bring(gap, claimed, signal, widen);
    }
  }

  /** The next bytes that nobody brings; with no end where the file's is not known. */
  #claim(claimed: ByteRanges): ByteRange | undefined {
    const { bytes } = this.#blob;
    const gap = claimed.gap(bytes ?? Infinity);
    if (!gap) return undefined;
    const most = this.#options.segmentBytes ?? SEGMENT_BYTES;
    // The first answer to a bounded range tells whether the server knows ranges, and how long the file is.
    const whole = this.#ranges === false || (bytes !== undefined && bytes <= most);
    const end = whole ? gap[1] : Math.min(gap[1], gap[0] + most);
    claimed.add(gap[0], end);
    return [gap[0], end];
  }

  async #bring(gap: ByteRange, claimed: ByteRanges, signal: AbortSignal, widen: () => void): Promise<void> {
    const blob = this.#blob;
    const watchdog = new Watchdog(signal);
    try {
      const { request, plain } = this.#request(gap, watchdog.signal);
      const body = await requestBytes(request, this.#environment.fetch);
      try {
        await this.#accept(gap, body, plain);
      } catch (error) {
        await body.stream.cancel().catch(() => {}); // a stream that is not wanted
        throw error;
      }
      blob.version = { ...blob.version, ...body.version };
      if (body.whole) claimed.add(0, Infinity);
      else {
        this.#ranges = true;
        widen();
      }
      const [start, end] = body.whole ? [0, blob.bytes ?? Infinity] : gap;
      await this.#take(body, start, Math.min(end, blob.bytes ?? Infinity), watchdog);
    } finally {
      watchdog.stop();
    }
  }

  #request([start, end]: ByteRange, signal: AbortSignal): { request: DownloadRequest; plain: boolean } {
    const { url, sameOrigin, authorization, sha256 } = this.#options;
    const blob = this.#blob;
    const plain = this.#ranges === false || (start === 0 && end === blob.bytes);
    if (plain && blob.have.bytes > 0) this.#startOver();
    const version = blob.have.bytes > 0 || this.#ranges ? blob.version : {};
    const range: ByteRange | undefined = plain ? undefined : [start, end === blob.bytes ? Infinity : end];
    return { request: { url, range, bytes: blob.bytes, version, sha256, sameOrigin, authorization, signal }, plain };
  }

  /** @throws Interrupted where the answer to a Range cannot be used, LocalLLMError storage-full where it says that the file is too large */
  async #accept([start]: ByteRange, { whole, bytes }: Body, plain: boolean): Promise<void> {
    const blob = this.#blob;
    const usable = plain || (start === 0 && blob.have.bytes === 0 && !this.#ranges);
    if (whole && !usable)
      throw new Interrupted('the server sends only whole files', { startOver: true, noRanges: true });
    if (bytes !== undefined && blob.bytes === undefined) {
      blob.bytes = bytes;
      await this.#checkRoom();
    } else if (!whole && blob.bytes === undefined) {
      throw new Interrupted('the server hides the length of the file', { noRanges: true });
    }
  }

  async #take({ stream, whole }: Body, start: number, end: number, watchdog: Watchdog): Promise<void> {
    const { sha256 } = this.#options;
    const reader = stream.getReader();
    let at = start;
    try {
      for (;;) {
        const piece = await reader.read().catch((cause: unknown) => {
          throw new Interrupted('the connection broke off', { cause });
        });
        if (piece.done) break;
        watchdog.touch();
        if (whole && at + piece.value.length > end) throw this.#tooMuch(end);
        // Without a pin anything might arrive; gigabytes of it are not taken first.
        if (at === 0 && piece.value.length >= 4 && sha256 === undefined)
          checkMagic(piece.value, this.#options.url.href);
        const bytes = piece.value.subarray(0, end - at);
        this.#blob.write(bytes, at);
        at += bytes.length;
        this.#blob.advance();
        if (this.#blob.have.bytes - this.#reported >= PROGRESS_STEP_BYTES) this.#report();
        if (at === end && !whole) return;
      }
      if (end === Infinity) this.#blob.bytes = at;
      else if (at < end) throw new Interrupted('the connection ended early');
    } finally {
      await reader.cancel().catch(() => {}); // a broken stream is what brought us here
    }
  }

  #startOver(): void {
    this.#blob.startOver({}, this.#options.bytes);
    this.#report();
  }

  /** @throws LocalLLMError hash-mismatch */
  #checkHash(): string {
    const { name, sha256: pinned } = this.#options;
    const actual = this.#blob.digest();
    if (pinned === undefined || actual === pinned) return actual;
    throw new LocalLLMError(
      'hash-mismatch',
      `${name} arrived with SHA-256 ${actual}; pinned is ${pinned}. It was changed on the server or on the way, and nothing of it was kept. Try again, or choose another model.`,
    );
  }

  #report(): void {
    this.#reported = this.#blob.have.bytes;
    this.#options.onProgress(this.#reported, this.#blob.bytes);
  }

  async #checkRoom(): Promise<void> {
    const missing = (this.#blob.bytes ?? 0) - this.#blob.have.bytes;
    await checkRoom(this.#options.name, missing, this.#environment);
  }

  /** A full disk, with figures; anything else as it is. */
  async #explain(error: unknown): Promise<LocalLLMError> {
    const known = LocalLLMError.from(error);
    if (known.code !== 'storage-full') return known;
    const missing = (this.#blob.bytes ?? this.#blob.have.bytes) - this.#blob.have.bytes;
    return storageFull(this.#options.name, missing, await this.#environment.estimate(), known);
  }

  #tooMuch(bytes: number): LocalLLMError {
    return new LocalLLMError(
      'hash-mismatch',
      `The server sent more than the ${bytes} bytes that ${this.#options.name} has: it is another file, and nothing of it was kept. Try again later, or choose another model.`,
    );
  }

  #givenUp(cause: Interrupted): LocalLLMError {
    const { name, url } = this.#options;
    const { have, bytes } = this.#blob;
    const so = `${megabytes(have.bytes)}${bytes === undefined ? '' : ` of ${megabytes(bytes)}`}`;
    return new LocalLLMError(
      'network',
      `The download of ${name} from ${url.href} stopped at ${so}: ${cause.message}. Check the connection and try again: it goes on from there.`,
      { cause },
    );
  }
}
