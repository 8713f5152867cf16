/**
 * Stored files by key, each once: brought from a server or a local file, opened, deleted.
 *
 * A key is the file's SHA-256 where that is known beforehand, else a name made for it: which hash it has then, its journal says.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { ByteRanges } from './byte-ranges.ts';
import type { StoreEnvironment } from './environment.ts';
import { type BlobRecord, Journal } from './journal.ts';
import { checkMagic } from './magic.ts';
import type { StoreDirectory } from './opfs.ts';
import { BLOB, JOURNAL, PartialBlob, readBlobRecord, SUMS } from './partial-blob.ts';
import { checkRoom } from './room.ts';
import { checkedSums, type StoredFile, VerifiedFile } from './stored-file.ts';
import { cancelled, Transfer, type TransferOptions } from './transfer.ts';
import { type FileToVerify, Verifier } from './verifier.ts';

/** In the order in which they are deleted; .gguf is what earlier builds called the bytes. */
const SUFFIXES = [BLOB, SUMS, '.gguf', JOURNAL];
const READ_BYTES = 4 * 1024 * 1024;

/** What is there of a blob. */
export interface BlobState {
  /** Bytes that are there. */
  stored: number;
  /** Of the whole file, where that is known. */
  bytes: number | undefined;
  /** Undefined until all bytes are there and hashed. */
  sha256: string | undefined;
}

export interface Committed {
  bytes: number;
  sha256: string;
}

export class BlobStore {
  readonly #directory: StoreDirectory;
  readonly #environment: StoreEnvironment;
  readonly #pieceBytes: number | undefined;
  /** How often each is open for reading here. */
  readonly #open = new Map<string, number>();
  /** Threads that have a closed file open still. */
  readonly #closing = new Map<string, Promise<void>>();
  /** What reading found, until it is noted in the journal. */
  readonly #damage = new Map<string, { record: BlobRecord; damaged: [number, number][] }>();

  /** @param pieceBytes of files that are new; default 1 MiB */
  constructor(directory: StoreDirectory, environment: StoreEnvironment, pieceBytes?: number) {
    this.#pieceBytes = pieceBytes;
    this.#directory = directory;
    this.#environment = environment;
  }

  async state(key: string): Promise<BlobState> {
    const record = await readBlobRecord(this.#directory, key);
    const size = await this.#directory.size(key + BLOB);
    if (!record || size === undefined) return { stored: 0, bytes: record?.bytes, sha256: undefined };
    const stored = record.have.reduce((sum, [start, end]) => sum + Math.max(0, Math.min(end, size) - start), 0);
    const whole = record.bytes === size && stored === size;
    return { stored, bytes: record.bytes, sha256: whole ? record.complete?.sha256 : undefined };
  }

  /** Resolves once the blob is stored whole and hashed right. @throws as {@link Transfer.run}; after hash-mismatch nothing of it is left */
  async bring(key: string, options: TransferOptions): Promise<Committed> {
    const there = await this.#whole(key);
    if (there) {
      options.onProgress(there.bytes, there.bytes);
      return there;
    }
    return this.#write(key, (blob) => new Transfer(blob, options, this.#environment).run());
  }

  /**
   * Copies a local file into the store, a few MiB at a time.
   * @throws LocalLLMError bad-file where it is no GGUF file, storage where it changed meanwhile, storage-full, aborted
   */
  async import(
    key: string,
    file: File,
    { onProgress, signal }: Pick<TransferOptions, 'onProgress' | 'signal'>,
  ): Promise<Committed> {
    checkMagic(await sliceOf(file, 0, 4), file.name);
    await checkRoom(file.name, file.size, this.#environment);
    return this.#write(key, async (blob) => {
      blob.startOver({}, file.size);
      for (let at = 0; at < file.size; at += READ_BYTES) {
        if (signal.aborted) throw cancelled();
        blob.write(await sliceOf(file, at, Math.min(at + READ_BYTES, file.size)), at);
        while (blob.advance()); // a slice's worth; reading the next one gives others their turn
        onProgress(blob.have.bytes, file.size);
      }
      return blob.digest();
    });
  }

  /** @throws LocalLLMError invalid-state where it is not stored whole, bad-file where it was damaged since, storage where it is in use */
  async open(key: string, name: string): Promise<StoredFile> {
    const record = await readBlobRecord(this.#directory, key);
    if (record?.complete === undefined) {
      throw new LocalLLMError('invalid-state', `The file ${name} is not stored yet. Download it first.`);
    }
    const sums = (await this.heedDamage(key)) ? undefined : await this.#sums(key, record);
    const blob = sums && (await this.#directory.open(key + BLOB, 'read'));
    if (!blob) {
      if ((await readBlobRecord(this.#directory, key))?.complete) await this.#forget(key, record, []);
      throw new LocalLLMError(
        'bad-file',
        `The stored file ${name} was damaged. Load the model again: it is fetched anew.`,
      );
    }
    this.#open.set(key, (this.#open.get(key) ?? 0) + 1);
    const { bytes: size = 0, pieceBytes } = record;
    const onClose = (damaged: [number, number][], released?: Promise<void>): void => {
      const left = (this.#open.get(key) ?? 1) - 1;
      if (left === 0) this.#open.delete(key);
      else this.#open.set(key, left);
      if (damaged.length > 0) this.#damage.set(key, { record, damaged });
      if (released) this.#closing.set(key, both(this.#closing.get(key), released));
    };
    const openVerifier = () => this.#openVerifier({ path: key + BLOB, size, pieceBytes, sums });
    return new VerifiedFile({ name, blob, size, pieceBytes, sums, openVerifier, onClose });
  }

  #openVerifier(file: FileToVerify): Verifier | undefined {
    const { openVerifierThread } = this.#environment;
    try {
      return openVerifierThread && new Verifier(openVerifierThread, file);
    } catch {
      return undefined; // a page that may have no workers
    }
  }

  /** Resolves when no thread has the file open that was closed here. */
  async #released(key: string): Promise<void> {
    await this.#closing.get(key);
    this.#closing.delete(key);
  }

  /** Whether something of it is open here. */
  isOpen(key: string): boolean {
    return this.#open.has(key);
  }

  /** The bytes first: a journal without bytes is a download that has not begun. */
  async remove(key: string): Promise<void> {
    await this.#released(key);
    for (const suffix of SUFFIXES) await this.#directory.remove(key + suffix);
    this.#damage.delete(key);
  }

  /** Keys of which anything is stored. */
  async keys(): Promise<Set<string>> {
    const names = await this.#directory.names();
    return new Set(
      SUFFIXES.flatMap((end) => names.filter((name) => name.endsWith(end)).map((name) => name.slice(0, -end.length))),
    );
  }

  /** The file as it lies on disk, for whoever saves it elsewhere: nothing of it is copied. Undefined where it is not stored whole. */
  async file(key: string): Promise<File | undefined> {
    const { sha256 } = await this.state(key);
    return sha256 === undefined ? undefined : this.#directory.file(key + BLOB);
  }

  /** Notes what reading found to be damaged: it is missing from now on. Returns whether there was anything. */
  async heedDamage(key: string): Promise<boolean> {
    const found = this.#damage.get(key);
    if (!found) return false;
    await this.#forget(key, found.record, found.damaged);
    this.#damage.delete(key);
    return true;
  }

  async #write(key: string, fill: (blob: PartialBlob) => Promise<string>): Promise<Committed> {
    await this.#released(key);
    try {
      const blob = await PartialBlob.open(this.#directory, key, this.#pieceBytes);
      try {
        const sha256 = await fill(blob);
        blob.commit();
        return { sha256, bytes: blob.bytes ?? 0 };
      } finally {
        blob.close();
      }
    } catch (error) {
      // Nothing stays of a file that is another one.
      if (error instanceof LocalLLMError && WORTHLESS.has(error.code)) await this.remove(key);
      throw error;
    }
  }

  /** What is committed of a blob, where the files still agree with it. */
  async #whole(key: string): Promise<Committed | undefined> {
    await this.heedDamage(key);
    const record = await readBlobRecord(this.#directory, key);
    if (record?.complete === undefined || record.bytes === undefined) return undefined;
    const committed = { bytes: record.bytes, sha256: record.complete.sha256 };
    if (this.#open.has(key)) return committed; // checked when it was opened
    if (await this.#sums(key, record)) return committed;
    await this.#forget(key, record, []);
    return undefined;
  }

  async #sums(key: string, record: BlobRecord): Promise<Uint32Array | undefined> {
    if ((await this.#directory.size(key + BLOB)) !== record.bytes) return undefined;
    const file =
      (await this.#directory.size(key + SUMS)) !== undefined && (await this.#directory.open(key + SUMS, 'read'));
    if (!file) return undefined;
    try {
      return checkedSums(file, record);
    } finally {
      file.close();
    }
  }

  /** The blob is no longer complete, and without the damaged ranges. Where its sums are in doubt, all of it is hashed again. */
  async #forget(key: string, { complete: _, ...record }: BlobRecord, damaged: [number, number][]): Promise<void> {
    const have = new ByteRanges(record.have);
    for (const [start, end] of damaged) have.remove(start, end);
    const journal = new Journal<BlobRecord>(await this.#directory.open(key + JOURNAL, 'write'));
    try {
      const summed = damaged.length > 0 ? record.summed : 0;
      journal.append({ ...record, have: have.toJSON(), summed });
    } finally {
      journal.close();
    }
  }
}

async function both(one: Promise<void> | undefined, other: Promise<void>): Promise<void> {
  await one;
  await other;
}

/** Failures after which the bytes are of no use. */
const WORTHLESS = new Set(['hash-mismatch', 'bad-file']);

async function sliceOf(file: File, from: number, to: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.slice(from, to).arrayBuffer());
  } catch (cause) {
    throw new LocalLLMError(
      'storage',
      `${file.name} could not be read: it was moved, changed or closed. Choose it again.`,
      { cause },
    );
  }
}
