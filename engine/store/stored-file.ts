/**
 * Reading a stored model, and telling cheaply whether it is still whole.
 *
 * @module
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { LocalLLMError } from '../protocol/errors.ts';
import type { JournalRecord } from './journal.ts';
import type { StoreFile } from './opfs.ts';

const MARKER_BYTES = 64 * 1024;

/** A stored file, open for reading. Structurally the parser's `ByteSource`. */
export interface StoredFile {
  /** Bytes. */
  readonly size: number;
  /**
   * Exactly `length` bytes from `offset`, in `into` where that is given and large enough.
   * @throws LocalLLMError bad-file past the end, storage when it cannot be read
   */
  read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Releases the file's lock. */
  close(): void;
}

/** A hash of a file's two ends: tells a whole file from one that was cut, emptied or overwritten, at the cost of 128 KiB. */
export function markerOf(file: StoreFile): string {
  const size = file.size();
  const ends = sha256.create();
  for (const at of [0, Math.max(0, size - MARKER_BYTES)]) {
    const piece = new Uint8Array(Math.min(MARKER_BYTES, size));
    ends.update(piece.subarray(0, file.read(piece, at)));
  }
  return bytesToHex(ends.digest());
}

/** Whether the file still agrees with what was committed. */
export const isWhole = (file: StoreFile, record: JournalRecord): boolean =>
  file.size() === record.bytes && markerOf(file) === record.marker;

/** An open file as a `StoredFile`. */
export function storedFile(id: string, file: StoreFile, size: number, onClose: () => void): StoredFile {
  let closed = false;
  return {
    size,
    async read(offset, length, into) {
      if (closed) throw new LocalLLMError('invalid-state', `The file of ${id} was closed. Open it again.`);
      const there = Math.max(0, Math.min(length, size - offset));
      const bytes = into && into.length >= there ? into.subarray(0, there) : new Uint8Array(there);
      if (there !== length || file.read(bytes, offset) !== length) {
        throw new LocalLLMError(
          'bad-file',
          `Bytes ${offset} to ${offset + length} were asked of ${id}, which has ${size}: it is cut short. Delete it and download it again.`,
        );
      }
      return bytes;
    },
    close() {
      if (closed) return;
      closed = true;
      file.close();
      onClose();
    },
  };
}
