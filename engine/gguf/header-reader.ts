/**
 * Little-endian fields from a chunked source, buffering only what a field needs.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { MAX_HEADER_BYTES, MAX_OVERHEAD_BYTES } from './limits.ts';
import type { ByteSource } from './source.ts';

const CHUNK_BYTES = 1024 * 1024;
/** So few are copied faster one by one. */
const SHORT_BYTES = 32;

/** The next bytes of the file in order, or undefined at its end. They may be overwritten when it is called again. */
export type NextChunk = () => Promise<Uint8Array | undefined>;

/** Reads a source front to back. */
export function chunksOf(source: ByteSource): NextChunk {
  let at = 0;
  const memory = new Uint8Array(Math.min(CHUNK_BYTES, source.size));
  return async () => {
    const length = Math.min(CHUNK_BYTES, source.size - at);
    if (length <= 0) return undefined;
    const chunk = await source.read(at, length, memory);
    at += length;
    return chunk;
  };
}

/** `need(n)` once, then the synchronous readers for those n bytes. */
export class HeaderReader {
  readonly #next: NextChunk;
  /** Bytes of the whole file where they are known. */
  readonly fileBytes: number | undefined;
  #buffer: Uint8Array = new Uint8Array(0);
  /** Where the buffer lies, used again for each chunk: a header of megabytes would leave as many behind. */
  #memory = new Uint8Array(0);
  #view = new DataView(this.#buffer.buffer);
  /** Position in the buffer, and of the buffer's start in the file. */
  #at = 0;
  #base = 0;
  #overheadBytes = 0;

  constructor(next: NextChunk, fileBytes?: number) {
    this.#next = next;
    this.fileBytes = fileBytes;
  }

  /** Position in the file, bytes. */
  get offset(): number {
    return this.#base + this.#at;
  }

  /** Makes `bytes` bytes readable. @throws LocalLLMError bad-file where the file ends before them */
  async need(bytes: number, field: string): Promise<void> {
    if (this.has(bytes)) return;
    const end = this.offset + bytes;
    if (end > MAX_HEADER_BYTES) {
      throw new LocalLLMError(
        'bad-file',
        `GGUF: ${field} would end at byte ${end}; a header may have ${MAX_HEADER_BYTES}. The file is damaged or made to do harm: get it from another place.`,
      );
    }
    if (this.fileBytes !== undefined && end > this.fileBytes) throw truncated(field, end, this.fileBytes);
    let buffered = this.#buffer.length - this.#at;
    this.#keep(this.#buffer.subarray(this.#at), 0);
    while (buffered < bytes) {
      const chunk = await this.#next();
      if (chunk === undefined) throw truncated(field, end, this.offset + buffered);
      this.#keep(chunk, buffered);
      buffered += chunk.length;
    }
    this.#base += this.#at;
    this.#at = 0;
    this.#buffer = this.#memory.subarray(0, buffered);
    this.#view = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, this.#buffer.byteLength);
  }

  /** Counts what a value will take in memory beyond its bytes in the file. @throws LocalLLMError bad-file past the limit */
  charge(bytes: number, field: string): void {
    this.#overheadBytes += bytes;
    if (this.#overheadBytes <= MAX_OVERHEAD_BYTES) return;
    throw new LocalLLMError(
      'bad-file',
      `GGUF: the values up to ${field} would take ${this.#overheadBytes} bytes more in memory than in the file; the limit is ${MAX_OVERHEAD_BYTES}. The file is damaged or made to do harm: get it from another place.`,
    );
  }

  /** Whether `bytes` bytes are readable already: spares long arrays an await per element. */
  has(bytes: number): boolean {
    return this.#buffer.length - this.#at >= bytes;
  }

  /** The next 64-bit length, still unread; undefined where it is not buffered or no number of 32 bits. */
  nextLength(): number | undefined {
    if (!this.has(8) || this.#view.getUint32(this.#at + 4, true) !== 0) return undefined;
    return this.#view.getUint32(this.#at, true);
  }
  skip(bytes: number): void {
    this.#advance(bytes);
  }
  /** A copy of the next bytes. */
  bytes(length: number): Uint8Array<ArrayBuffer> {
    return this.#buffer.slice(this.#advance(length), this.#at);
  }
  /** The next bytes into other memory, which has room for them. */
  copy(length: number, into: Uint8Array, at: number): void {
    const from = this.#advance(length);
    if (length > SHORT_BYTES) into.set(this.#buffer.subarray(from, from + length), at);
    else for (let i = 0; i < length; i++) into[at + i] = this.#buffer[from + i]!;
  }
  text(length: number, decoder: TextDecoder): string {
    return decoder.decode(this.#buffer.subarray(this.#advance(length), this.#at));
  }
  u8 = (): number => this.#view.getUint8(this.#advance(1));
  i8 = (): number => this.#view.getInt8(this.#advance(1));
  u16 = (): number => this.#view.getUint16(this.#advance(2), true);
  i16 = (): number => this.#view.getInt16(this.#advance(2), true);
  u32 = (): number => this.#view.getUint32(this.#advance(4), true);
  i32 = (): number => this.#view.getInt32(this.#advance(4), true);
  f32 = (): number => this.#view.getFloat32(this.#advance(4), true);
  u64 = (): bigint => this.#view.getBigUint64(this.#advance(8), true);
  i64 = (): bigint => this.#view.getBigInt64(this.#advance(8), true);
  f64 = (): number => this.#view.getFloat64(this.#advance(8), true);

  /** Into the memory, which grows with it. */
  #keep(bytes: Uint8Array, at: number): void {
    const needed = at + bytes.length;
    if (this.#memory.length < needed) {
      const larger = new Uint8Array(Math.max(needed, this.#memory.length * 2));
      larger.set(this.#memory.subarray(0, at));
      this.#memory = larger;
    }
    this.#memory.set(bytes, at);
  }

  #advance(bytes: number): number {
    const at = this.#at;
    this.#at += bytes;
    return at;
  }
}

function truncated(field: string, needed: number, has: number): LocalLLMError {
  return new LocalLLMError(
    'bad-file',
    `GGUF: the file ends inside ${field}: it needs ${needed} bytes and has ${has}. The download was cut short: get it again.`,
  );
}
