/**
 * How vocabularies write bytes: byte-level BPE as one printable character each (GPT-2's `bytes_to_unicode`), others as
 * `<0x0A>`.
 *
 * @module
 */

function makeAlphabet(): string[] {
  const printable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || (byte >= 0xae && byte <= 0xff);
  let extra = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : extra++));
}

/** Character of each byte. */
export const CHAR_OF_BYTE: readonly string[] = makeAlphabet();

const BYTE_OF_CHAR: ReadonlyMap<string, number> = new Map(CHAR_OF_BYTE.map((char, byte) => [char, byte]));

/** Name of the token of a byte in vocabularies without that alphabet: `<0x0A>`. */
export function byteText(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

/** The bytes that a token's text stands for; a text outside the alphabet stands for itself in UTF-8. */
export function bytesOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const byte = BYTE_OF_CHAR.get(text.charAt(i));
    if (byte === undefined) return new TextEncoder().encode(text);
    bytes[i] = byte;
  }
  return bytes;
}
