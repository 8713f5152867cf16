/**
 * Where bytes of a file come from: a Blob, an OPFS handle, a file in Node.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** What the file is called: messages tell the parts of a split model by it. */
  readonly name?: string;
  /** Reading is done when `read` gives its promise: the memory that it is given may be such as others take away again. */
  readonly immediate?: boolean;
  /**
   * Exactly `length` bytes from `offset`.
   * @param into memory that the result may lie in: fresh memory for every piece of a large file takes longer than reading it
   * @throws LocalLLMError bad-file when the source ends earlier, storage when it cannot be read
   */
  read(offset: number, length: number, into?: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
  /** Told that all of it will be read, from front to back. What is read from now on may be wrong until `settled` has resolved. */
  ahead?(): void;
  /** @throws LocalLLMError bad-file where something that was read since `ahead` is not what it should be */
  settled?(): Promise<void>;
}

/** Memory for the result of a read. */
export function roomFor(length: number, into?: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return into && into.length >= length ? into.subarray(0, length) : new Uint8Array(length);
}

/** The bytes of a Blob or File. A File that changed on disk since it was chosen cannot be read (storage). */
export function blobSource(blob: Blob): ByteSource {
  return {
    size: blob.size,
    ...(blob instanceof File ? { name: blob.name } : {}),
    async read(offset, length) {
      if (offset < 0 || offset + length > blob.size) {
        throw new LocalLLMError(
          'bad-file',
          `Bytes ${offset} to ${offset + length} were asked of a file of ${blob.size} bytes: it is cut short. Get it again.`,
        );
      }
      try {
        return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      } catch (cause) {
        throw new LocalLLMError(
          'storage',
          'The file could not be read: it was moved, changed or closed. Choose it again.',
          {
            cause,
          },
        );
      }
    },
  };
}
