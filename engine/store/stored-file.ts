/**
 * Reading a stored file. Every byte that is handed out was compared with the sum of its piece since the file was opened: a file that was
 * cut, exchanged or damaged on disk is noticed before anybody uses it.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { BlobRecord } from './journal.ts';
import type { StoreFile } from './opfs.ts';
import { readSums, sumOfSums } from './partial-blob.ts';
import { pieceSum } from './piece-sums.ts';
import type { ReadAhead } from './read-ahead.ts';

/** A stored file, open for reading. Structurally the parser's `ByteSource`. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number;
  /** The file's own name. */
  readonly name: string;
  /** Of files that open synchronously. */
  readonly immediate?: boolean;
  /**
   * Exactly `length` bytes from `offset`, in `into` where that is given and large enough.
   * @throws LocalLLMError bad-file past the end or where the bytes are not those that were stored, storage when it cannot be read
   */
  read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Told that all of it will be read, from front to back. */
  ahead?(): void;
  /** Releases the file's lock. */
  close(): void;
}

/** The sums of a complete blob; undefined where they are not those that were committed. */
export function checkedSums(file: StoreFile, record: BlobRecord): Uint32Array | undefined {
  const sums = readSums(file, record.summed);
  const whole = sums.length === Math.ceil((record.bytes ?? 0) / record.pieceBytes);
  return whole && sumOfSums(sums) === record.complete?.sums ? sums : undefined;
}

interface OpenFile {
  name: string;
  blob: StoreFile;
  size: number;
  pieceBytes: number;
  sums: Uint32Array;
  /** Begins to read the file ahead; undefined where that cannot be. */
  openAhead?(): ReadAhead | undefined;
  /** Told the ranges of bytes that turned out damaged, and what ends where the file was read ahead. */
  onClose(damaged: [start: number, end: number][], aheadClosed?: Promise<void>): void;
}

export class VerifiedFile implements StoredFile {
  readonly immediate = true;
  readonly size: number;
  readonly name: string;
  readonly #blob: StoreFile;
  readonly #pieceBytes: number;
  readonly #sums: Uint32Array;
  readonly #checked: Uint8Array;
  readonly #openAhead: OpenFile['openAhead'];
  readonly #onClose: OpenFile['onClose'];
  readonly #damaged: [number, number][] = [];
  /** The last piece that a read began or ended inside of: the next read often goes on there. */
  readonly #edge: Uint8Array;
  #edgeIndex = -1;
  #ahead: ReadAhead | undefined;
  #closed = false;

  constructor({ name, blob, size, pieceBytes, sums, openAhead, onClose }: OpenFile) {
    this.name = name;
    this.size = size;
    this.#blob = blob;
    this.#sums = sums;
    this.#checked = new Uint8Array(sums.length);
    this.#openAhead = openAhead;
    this.#onClose = onClose;
    this.#pieceBytes = pieceBytes;
    this.#edge = new Uint8Array(pieceBytes);
  }

  async read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#closed) throw new LocalLLMError('invalid-state', `The file ${this.name} was closed. Open it again.`);
    const end = offset + length;
    if (offset < 0 || end > this.size) {
      throw new LocalLLMError(
        'bad-file',
        `Bytes ${offset} to ${end} were asked of ${this.name}, which has ${this.size}: it is cut short. Delete it and download it again.`,
      );
    }
    this.#ahead?.reached(offset);
    const bytes = into && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
    for (let at = offset; at < end;) {
      const index = Math.floor(at / this.#pieceBytes);
      const [start, stop] = this.#bounds(index);
      const to = Math.min(stop, end);
      const target = bytes.subarray(at - offset, to - offset);
      if (at === start && to === stop) this.#readPiece(index, target);
      else if (this.#checked[index] && this.#edgeIndex !== index) this.#blob.read(target, at);
      else target.set(this.#readEdge(index).subarray(at - start, to - start));
      at = to;
    }
    return bytes;
  }

  ahead(): void {
    if (!this.#closed) this.#ahead ??= this.#openAhead?.();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#blob.close();
    this.#onClose(this.#damaged, this.#ahead?.close());
  }

  #bounds(index: number): [start: number, end: number] {
    return [index * this.#pieceBytes, Math.min((index + 1) * this.#pieceBytes, this.size)];
  }

  /** A piece that is wanted in part is read whole once, to be compared. */
  #readEdge(index: number): Uint8Array {
    const [start, end] = this.#bounds(index);
    const piece = this.#edge.subarray(0, end - start);
    if (this.#edgeIndex === index) return piece;
    this.#edgeIndex = -1;
    this.#readPiece(index, piece);
    this.#edgeIndex = index;
    return piece;
  }

  #readPiece(index: number, into: Uint8Array): void {
    const [start, end] = this.#bounds(index);
    const count = this.#blob.read(into, start);
    if (count === into.length && pieceSum(into) === this.#sums[index]) {
      this.#checked[index] = 1;
      return;
    }
    this.#damaged.push([start, end]);
    throw new LocalLLMError(
      'bad-file',
      `The stored file ${this.name} was damaged on disk between bytes ${start} and ${end}. Load the model again: what is damaged is fetched anew.`,
    );
  }
}
