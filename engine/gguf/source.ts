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
  /** Exactly `length` bytes from `offset`. @throws LocalLLMError bad-file when the source ends earlier, storage when it cannot be read */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
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
