/**
 * The strings of an array, as the file has them: a vocabulary's hundreds of thousands would take tens of megabytes and most of a second
 * as strings of JavaScript.
 *
 * @module
 */

/** Values may hold anything, and a byte order mark is a token like any other. */
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

export class StringList implements Iterable<string> {
  /** Of all strings, UTF-8, one after another. */
  readonly bytes: Uint8Array;
  /** Where each one ends, bytes. */
  readonly ends: Uint32Array;

  constructor(bytes: Uint8Array, ends: Uint32Array) {
    this.bytes = bytes;
    this.ends = ends;
  }

  get length(): number {
    return this.ends.length;
  }

  *[Symbol.iterator](): Iterator<string> {
    let start = 0;
    for (const end of this.ends) {
      yield lenient.decode(this.bytes.subarray(start, end));
      start = end;
    }
  }
}
