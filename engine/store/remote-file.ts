/**
 * The beginning of a file on a server, read as far as somebody asks: by Range where the server can, else from one answer that is broken off.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { Interrupted, requestBytes } from './download.ts';

/** Bytes of the first request, and of each further one at most. */
const FIRST_BYTES = 1024 * 1024;
const MOST_BYTES = 8 * 1024 * 1024;
/** No header of a model that is offered comes near it. */
const MAX_BYTES = 64 * 1024 * 1024;
/** A server that sends nothing, or drop by drop, is given up. */
const DEADLINE_MS = 60_000;

export interface RemoteFileOptions {
  fetch: typeof fetch;
  /** The file's own name. */
  name: string;
  /** Of the whole file, where that is known; the server's word counts where it tells. */
  bytes?: number | undefined;
  /** `Authorization`, for this host alone. */
  authorization?: string | undefined;
  signal: AbortSignal;
}

/** Structurally the parser's `ByteSource`. */
export class RemoteFile {
  readonly name: string;
  readonly #url: URL;
  readonly #options: RemoteFileOptions;
  readonly #stop = new AbortController();
  readonly #deadline = AbortSignal.timeout(DEADLINE_MS);
  #size: number;
  /** What was read, and room for more. */
  #buffer = new Uint8Array(FIRST_BYTES);
  #have = 0;
  #end = false;
  /** The answer of a server that sends the whole file. */
  #stream: ReadableStreamDefaultReader<Uint8Array> | undefined;

  /** @throws LocalLLMError network, not-allowed, aborted */
  static async open(url: URL, options: RemoteFileOptions): Promise<RemoteFile> {
    const file = new RemoteFile(url, options);
    try {
      await file.#more();
    } catch (error) {
      file.close();
      throw error;
    }
    return file;
  }

  private constructor(url: URL, options: RemoteFileOptions) {
    this.#url = url;
    this.#options = options;
    this.name = options.name;
    this.#size = options.bytes ?? Number.MAX_SAFE_INTEGER;
  }

  /** Bytes; more than any file has where nobody says. */
  get size(): number {
    return this.#size;
  }

  /** @throws LocalLLMError bad-file past the end, not-supported past what is read of a file this way, network, aborted */
  async read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const end = offset + length;
    if (end > MAX_BYTES) {
      throw new LocalLLMError('not-supported', `The header of ${this.name} is longer than is read ahead. Download it.`);
    }
    while (this.#have < end && !this.#end) await this.#more();
    // Where its size is not known the end comes as a surprise: less than what was asked for is all that there is.
    if (offset < this.#have) return this.#buffer.slice(offset, Math.min(end, this.#have));
    throw new LocalLLMError(
      'bad-file',
      `Bytes ${offset} to ${end} were asked of ${this.name}, which has ${this.#have}: it is cut short.`,
    );
  }

  /** Breaks off what the server still sends. */
  close(): void {
    this.#stop.abort();
    void this.#stream?.cancel().catch(() => {}); // nobody reads it any more
  }

  async #more(): Promise<void> {
    try {
      if (this.#stream) this.#append((await this.#stream.read()).value);
      else await this.#ask();
    } catch (error) {
      const { signal } = this.#options;
      if (signal.aborted) throw new LocalLLMError('aborted', 'The request was cancelled.', { cause: error });
      if (error instanceof LocalLLMError) throw error;
      const why = error instanceof Interrupted ? error.message : 'the connection broke';
      throw new LocalLLMError('network', `The beginning of ${this.#url.href} could not be read: ${why}. Try again.`, {
        cause: error,
      });
    }
  }

  async #ask(): Promise<void> {
    const { fetch, authorization, signal } = this.#options;
    const from = this.#have;
    if (from >= this.#size) return this.#append(undefined);
    const range = [from, from + Math.min(Math.max(FIRST_BYTES, from), MOST_BYTES)] as const;
    const request = {
      url: this.#url,
      range: [range[0], Math.min(range[1], this.#size)] as [number, number],
      bytes: undefined,
      version: {},
      sha256: undefined,
      sameOrigin: false,
      authorization,
      signal: AbortSignal.any([signal, this.#stop.signal, this.#deadline]),
    };
    const { whole, stream, bytes } = await requestBytes(request, fetch);
    if (bytes !== undefined) this.#size = bytes;
    const reader = stream.getReader();
    if (whole) {
      // It may have sent a part before: all begins anew.
      this.#have = 0;
      this.#stream = reader;
      return this.#append((await reader.read()).value);
    }
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      this.#append(piece.value);
      if (this.#have >= range[1]) return void reader.cancel().catch(() => {}); // it sends more than it was asked for
    }
    if (this.#have === from) this.#append(undefined);
  }

  #append(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) {
      this.#end = true;
      this.#size = this.#have;
      return;
    }
    const length = this.#have + bytes.length;
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#buffer.subarray(0, this.#have));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#have);
    this.#have = length;
  }
}
