/**
 * Where bytes of a file come from: a Blob, an OPFS handle, a file in Node.
 *
 * @module
 */

export interface ByteSource {
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws LocalLLMError bad-file when the source ends earlier, storage when it cannot be read */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}
