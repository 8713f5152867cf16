/**
 * The planes of levels (`shaders/lib/weights-*-bit.wgsl`), written element by element.
 *
 * @module
 */

/** One row of a matrix on the GPU. */
export interface Row {
  quants: Uint8Array;
  scales: Uint8Array;
  /** Of 32 elements. */
  blocks: number;
}

/** Nibbles: byte i of a block's 16 holds element i low, element i + 16 high. */
export function putNibbles(row: Row, block: number, levels: ArrayLike<number>): void {
  for (let i = 0; i < 32; i++) row.quants[block * 16 + (i % 16)]! |= (levels[i]! & 15) << (i < 16 ? 0 : 4);
}

/** Single bits, from byte `start` of the row on: a word a block, bit p of its byte i for element i of the p-th four. */
export function putBits(row: Row, start: number, block: number, bits: ArrayLike<number>): void {
  for (let i = 0; i < 32; i++) row.quants[start + block * 4 + (i % 4)]! |= (bits[i]! & 1) << Math.floor(i / 4);
}

/** Pairs of bits, from byte `start` of the row on: two words a block; the fours 0, 1, 4, 5 of elements, then 2, 3, 6, 7. */
export function putPairs(row: Row, start: number, block: number, pairs: ArrayLike<number>): void {
  [0, 1, 4, 5, 2, 3, 6, 7].forEach((four, at) => {
    for (let i = 0; i < 4; i++) {
      const byte = start + block * 8 + (at < 4 ? 0 : 4) + i;
      row.quants[byte]! |= (pairs[four * 4 + i]! & 3) << ((at % 4) * 2);
    }
  });
}

/** Where the second plane of a row starts, after so many bytes of the first. */
export const secondPlane = (bytes: number): number => Math.ceil(bytes / 16) * 16;
