/**
 * What tells a GGUF file from any other at once.
 *
 * @module
 */

/** Whether a file that begins with these bytes may be GGUF. */
export const isGguf = (bytes: Uint8Array): boolean =>
  [0x47, 0x47, 0x55, 0x46].every((byte, index) => bytes[index] === byte);
