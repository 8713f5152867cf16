/**
 * A short sum of each piece of a file, made while it is stored and compared whenever it is read.
 *
 * The sum is xxHash32 (github.com/Cyan4973/xxHash, XXH32 with seed 0): damage inside one 32-bit word always changes it, any other
 * damage escapes it once in 2^32. It is no proof against an adversary: whoever can write this origin's files can write the sums, too.
 *
 * @module
 */

/** Small enough that a read of some MiB rarely has to read more than it wants, large enough that 8 GiB have 32 KiB of sums. */
export const PIECE_BYTES = 1 << 20;

const PRIME_1 = 0x9e3779b1 | 0;
const PRIME_2 = 0x85ebca77 | 0;
const PRIME_3 = 0xc2b2ae3d | 0;
const PRIME_4 = 0x27d4eb2f | 0;
const PRIME_5 = 0x165667b1 | 0;

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));
const round = (lane: number, word: number): number =>
  Math.imul(rotate((lane + Math.imul(word, PRIME_2)) | 0, 13), PRIME_1);

/** Four lanes over whole 16-byte stripes; the words are little-endian, as every platform with WebGPU is. */
function mixStripes(words: Uint32Array): number {
  let a = (PRIME_1 + PRIME_2) | 0;
  let b = PRIME_2;
  let c = 0;
  let d = -PRIME_1 | 0;
  for (let i = 0; i + 3 < words.length; i += 4) {
    a = round(a, words[i]!);
    b = round(b, words[i + 1]!);
    c = round(c, words[i + 2]!);
    d = round(d, words[i + 3]!);
  }
  return (rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18)) | 0;
}

/** The sum of these bytes, an unsigned 32-bit integer. */
export function pieceSum(bytes: Uint8Array): number {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const striped = aligned.length & ~15;
  let sum = striped > 0 ? mixStripes(new Uint32Array(aligned.buffer, aligned.byteOffset, striped >> 2)) : PRIME_5;
  sum = (sum + bytes.length) | 0;
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.length);
  let at = striped;
  for (; at + 4 <= aligned.length; at += 4) {
    sum = Math.imul(rotate((sum + Math.imul(view.getUint32(at, true), PRIME_3)) | 0, 17), PRIME_4);
  }
  for (; at < aligned.length; at++) {
    sum = Math.imul(rotate((sum + Math.imul(view.getUint8(at), PRIME_5)) | 0, 11), PRIME_1);
  }
  sum = Math.imul(sum ^ (sum >>> 15), PRIME_2);
  sum = Math.imul(sum ^ (sum >>> 13), PRIME_3);
  return (sum ^ (sum >>> 16)) >>> 0;
}
