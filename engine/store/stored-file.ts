/**
 * Reading a stored file. Every byte that is handed out is compared with the sum of its piece, before, or in other threads until
 * `settled` says so: a file that was cut, exchanged or damaged on disk is noticed before anybody uses it.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { BlobRecord } from './journal.ts';
import type { StoreFile } from './opfs.ts';
import { readSums, sumOfSums } from './partial-blob.ts';
import { pieceSum } from './piece-sums.ts';
import type { Verifier } from './verifier.ts';

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
  /** Told that all of it will be read, from front to back: what is read from now on counts once `settled` has resolved. */
  ahead?(): void;
  /** @throws LocalLLMError bad-file where something that was read since `ahead` is not what was stored */
  settled?(): Promise<void>;
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
  /** Begins to verify the file in other threads; undefined where that cannot be. */
  openVerifier?(): Verifier | undefined;
  /** Told the ranges of bytes that turned out damaged, and when those other threads have closed the file. */
  onClose(damaged: [start: number, end: number][], released?: Promise<void>): void;
}

export class VerifiedFile implements StoredFile {
  readonly immediate = true;
  readonly size: number;
  readonly name: string;
  readonly #blob: StoreFile;
  readonly #pieceBytes: number;
  readonly #sums: Uint32Array;
  readonly #checked: Uint8Array;
  readonly #openVerifier: OpenFile['openVerifier'];
  readonly #onClose: OpenFile['onClose'];
  readonly #damaged: [number, number][] = [];
  /** The last piece that a read began or ended inside of: the next read often goes on there. */
  readonly #edge: Uint8Array;
  #edgeIndex = -1;
  #verifier: Verifier | undefined;
  #closed = false;

  constructor({ name, blob, size, pieceBytes, sums, openVerifier, onClose }: OpenFile) {
    this.name = name;
    this.size = size;
    this.#blob = blob;
    this.#sums = sums;
    this.#checked = new Uint8Array(sums.length);
    this.#openVerifier = openVerifier;
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
    const bytes = into && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
    if (this.#verifier && !this.#verifier.failed) {
      this.#verifier.reached(offset);
      this.#readUnverified(this.#verifier, offset, bytes);
      return bytes;
    }
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
    if (!this.#closed) this.#verifier ??= this.#openVerifier?.();
  }

  async settled(): Promise<void> {
    const verifier = this.#verifier;
    if (!verifier) return;
    await verifier.finish();
    this.#checkDamage(verifier);
    // What those threads could not tell.
    for (let index = Math.ceil(verifier.verifiedTo / this.#pieceBytes); index < this.#sums.length; index++) {
      if (!this.#closed && !this.#checked[index]) this.#readEdge(index);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#blob.close();
    this.#onClose(this.#damaged, this.#verifier?.close());
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

  #readUnverified(verifier: Verifier, offset: number, into: Uint8Array): void {
    this.#checkDamage(verifier);
    if (this.#blob.read(into, offset) < into.length) this.#refuse(this.#bounds(Math.floor(offset / this.#pieceBytes)));
  }

  #checkDamage({ damaged }: Verifier): void {
    if (damaged) this.#refuse(damaged);
  }

  #readPiece(index: number, into: Uint8Array): void {
    const bounds = this.#bounds(index);
    const count = this.#blob.read(into, bounds[0]);
    if (count < into.length || pieceSum(into) !== this.#sums[index]) this.#refuse(bounds);
    this.#checked[index] = 1;
  }

  #refuse([start, end]: [start: number, end: number]): never {
    this.#damaged.push([start, end]);
    throw new LocalLLMError(
      'bad-file',
      `The stored file ${this.name} was damaged on disk between bytes ${start} and ${end}. Load the model again: what is damaged is fetched anew.`,
    );
  }
}
