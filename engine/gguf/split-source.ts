/**
 * Several sources read as one.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { type ByteSource, roomFor } from './source.ts';

/** The bytes of all parts, one after another. A read may pass from one part into the next. */
export function concatSources(parts: readonly ByteSource[]): ByteSource {
  const size = parts.reduce((sum, part) => sum + part.size, 0);
  /** Parts that were told so. */
  let told = 0;
  const tell = (index: number): void => {
    for (; told <= index; told++) parts[told]?.ahead?.();
  };
  return {
    size,
    ahead: () => tell(0),
    async settled() {
      for (const part of parts.slice(0, told)) await part.settled?.();
    },
    immediate: parts.every((part) => part.immediate === true),
    async read(offset, length, into) {
      if (offset < 0 || offset + length > size) {
        throw new LocalLLMError(
          'bad-file',
          `Bytes ${offset} to ${offset + length} were asked of ${parts.length} files of ${size} bytes together: one is cut short. Get them again.`,
        );
      }
      const bytes = roomFor(length, into);
      let base = 0;
      let done = 0;
      for (const [index, part] of parts.entries()) {
        const at = offset + done - base;
        base += part.size;
        if (done === length) break;
        if (at >= part.size) continue;
        if (told > 0) tell(index);
        const count = Math.min(length - done, part.size - at);
        const piece = await part.read(at, count, bytes.subarray(done));
        if (count === length) return piece;
        if (piece.buffer !== bytes.buffer) bytes.set(piece, done);
        done += count;
      }
      return bytes;
    },
  };
}
