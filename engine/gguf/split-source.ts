/**
 * Several sources read as one.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { ByteSource } from './source.ts';

/** The bytes of all parts, one after another. A read may pass from one part into the next. */
export function concatSources(parts: readonly ByteSource[]): ByteSource {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  return {
    size,
    async read(offset, length) {
      if (offset < 0 || offset + length > size) {
        throw new LocalLLMError(
          'bad-file',
          `Bytes ${offset} to ${offset + length} were asked of ${parts.length} files of ${size} bytes together: one is cut short. Get them again.`,
        );
      }
      const bytes = new Uint8Array(length);
      let base = 0;
      let done = 0;
      for (const part of parts) {
        const at = offset + done - base;
        base += part.size;
        if (done === length) break;
        if (at >= part.size) continue;
        const piece = await part.read(at, Math.min(length - done, part.size - at));
        if (piece.length === length) return piece;
        bytes.set(piece, done);
        done += piece.length;
      }
      return bytes;
    },
  };
}
