/**
 * One file on its way into the store: bytes arrive in any order, are hashed in theirs, and are committed together with their hash.
 *
 * A blob is three files: `<key>.blob`, its bytes, `<key>.sums`, the sum of each piece (see piece-sums.ts), and `<key>.journal`, what is
 * known of it (see journal.ts). Whatever is hashed was read back from disk: what the disk gives is what the hash vouches for.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { ByteRanges } from './byte-ranges.ts';
import { type BlobRecord, BlobRecordSchema, Journal, lastRecord } from './journal.ts';
import type { StoreDirectory, StoreFile } from './opfs.ts';
import { PIECE_BYTES, pieceSum } from './piece-sums.ts';

export const BLOB = '.blob';
export const SUMS = '.sums';
export const JOURNAL = '.journal';

/** Pieces' worth of bytes between two journal lines. */
const SAVE_STEP_PIECES = 8;

/** Where bytes come from, and which version of it. */
export type Version = Pick<BlobRecord, 'url' | 'etag' | 'lastModified'>;

/** What the journal says of a blob; undefined where it says nothing. */
export async function readBlobRecord(directory: StoreDirectory, key: string): Promise<BlobRecord | undefined> {
  const text = await directory.readText(key + JOURNAL);
  return text === undefined ? undefined : lastRecord(BlobRecordSchema, text);
}

/** Open for writing, against everyone else. */
export class PartialBlob {
  /** Bytes that are there. */
  readonly have: ByteRanges;
  version: Version;
  /** Of the whole file; undefined while nobody has said. */
  bytes: number | undefined;
  readonly #blob: StoreFile;
  readonly #sumsFile: StoreFile;
  readonly #journal: Journal<BlobRecord>;
  /** Sums of an earlier run, which pieces must still have. */
  #expected: (number | undefined)[];
  #sums: number[] = [];
  /** Sums that are on disk. */
  #savedSums = 0;
  #hash = sha256.create();
  #unsaved = 0;
  readonly #piece: Uint8Array;

  private constructor(
    files: { blob: StoreFile; sums: StoreFile; journal: StoreFile },
    record: BlobRecord | undefined,
    pieceBytes: number,
  ) {
    this.#piece = new Uint8Array(pieceBytes);
    this.#blob = files.blob;
    this.#sumsFile = files.sums;
    this.#journal = new Journal(files.journal);
    this.bytes = record?.bytes;
    const { url, etag, lastModified } = record ?? {};
    this.version = {
      ...(url !== undefined && { url }),
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
    };
    this.have = new ByteRanges(record?.have);
    this.have.remove(files.blob.size(), Infinity); // what was cut off is missing
    this.#expected = [...readSums(files.sums, record?.summed ?? 0)];
  }

  /** @throws LocalLLMError storage where another tab writes it */
  static async open(directory: StoreDirectory, key: string, pieceBytes = PIECE_BYTES): Promise<PartialBlob> {
    const record = await readBlobRecord(directory, key);
    const open: StoreFile[] = [];
    const opened = async (suffix: string) => {
      const file = await directory.open(key + suffix, 'write');
      open.push(file);
      return file;
    };
    try {
      const files = { journal: await opened(JOURNAL), blob: await opened(BLOB), sums: await opened(SUMS) };
      return new PartialBlob(files, record, record?.pieceBytes ?? pieceBytes);
    } catch (error) {
      for (const file of open) file.close();
      throw error;
    }
  }

  get complete(): boolean {
    return this.bytes !== undefined && this.have.has(0, this.bytes) && this.#hashed >= this.bytes;
  }

  /** Takes bytes of any place. @throws LocalLLMError storage-full, storage */
  write(bytes: Uint8Array, at: number): void {
    this.#blob.write(bytes, at);
    this.have.add(at, at + bytes.length);
    this.#unsaved += bytes.length;
    if (this.#unsaved >= SAVE_STEP_PIECES * this.#piece.length) this.save();
  }

  /**
   * Hashes the next piece, where it is there whole. A piece that an earlier run stored and that is now another is missing from then on.
   * Returns whether there was one to hash.
   */
  advance(): boolean {
    const start = this.#hashed;
    const end = Math.min(start + this.#piece.length, this.bytes ?? Infinity);
    if (end <= start || !this.have.has(start, end)) return false;
    const piece = this.#piece.subarray(0, end - start);
    this.#blob.read(piece, start);
    const sum = pieceSum(piece);
    const index = this.#sums.length;
    const expected = this.#expected[index];
    this.#expected[index] = undefined;
    if (expected !== undefined && expected !== sum) {
      this.have.remove(start, end);
      return false;
    }
    this.#hash.update(piece);
    this.#sums.push(sum);
    return true;
  }

  /** The bytes first: the journal never speaks of what a crash could lose. */
  save(): void {
    this.#unsaved = 0;
    this.#blob.flush();
    // Where an earlier run had more sums than are confirmed so far, those on disk stay: they guard what is not hashed yet.
    const sums = new Uint32Array(this.#sums.slice(this.#savedSums));
    if (sums.length > 0) {
      this.#sumsFile.write(new Uint8Array(sums.buffer), this.#savedSums * 4);
      this.#sumsFile.flush();
      this.#savedSums = this.#sums.length;
    }
    this.#journal.append(this.#record());
  }

  /** Forgets all bytes: they are of another version, or not of this file. */
  startOver(version: Version = {}, bytes?: number): void {
    this.have.remove(0, Infinity);
    this.version = version;
    this.bytes = bytes;
    this.#hash = sha256.create();
    this.#expected = [];
    this.#sums = [];
    this.#savedSums = 0;
    this.#unsaved = 0;
    // The journal first: bytes of the next version must never stand under the old line.
    this.#journal.append(this.#record());
    this.#blob.truncate(0);
  }

  /** The hash of all bytes, once `complete`. */
  digest(): string {
    return bytesToHex(this.#hash.clone().digest());
  }

  /** From now on the blob counts as stored. */
  commit(): void {
    this.#blob.truncate(this.bytes ?? 0);
    this.save();
    this.#journal.append({ ...this.#record(), complete: { sha256: this.digest(), sums: sumOfSums(this.#sums) } });
  }

  close(): void {
    this.#journal.close();
    this.#sumsFile.close();
    this.#blob.close();
  }

  /** Bytes from the start that are hashed. */
  get #hashed(): number {
    return Math.min(this.#sums.length * this.#piece.length, this.bytes ?? Infinity);
  }

  #record(): BlobRecord {
    const known = this.#expected.findLastIndex((sum) => sum !== undefined) + 1;
    return {
      format: 2,
      ...(this.bytes !== undefined && { bytes: this.bytes }),
      ...this.version,
      have: this.have.toJSON(),
      pieceBytes: this.#piece.length,
      summed: Math.max(this.#savedSums, known),
    };
  }
}

/** The first `count` sums on disk: fewer where the file is shorter. */
export function readSums(file: StoreFile, count: number): Uint32Array {
  const sums = new Uint32Array(Math.min(count, Math.floor(file.size() / 4)));
  file.read(new Uint8Array(sums.buffer), 0);
  return sums;
}

/** Guards the sums themselves. */
export const sumOfSums = (sums: ArrayLike<number>): number => pieceSum(new Uint8Array(new Uint32Array(sums).buffer));
