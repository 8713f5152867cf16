/**
 * What tells a GGUF file from any other at once.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

const MAGIC = [0x47, 0x47, 0x55, 0x46];

/** @throws LocalLLMError bad-file where a file that begins with these bytes cannot be GGUF */
export function checkMagic(bytes: Uint8Array, name: string): void {
  if (MAGIC.every((byte, index) => bytes[index] === byte)) return;
  throw new LocalLLMError(
    'bad-file',
    `${name} is not a GGUF file: it begins with other bytes. Give the .gguf file itself.`,
  );
}
