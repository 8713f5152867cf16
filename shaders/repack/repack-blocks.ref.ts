import { putBits, putNibbles, type Row, secondPlane } from './planes.ref.ts';

const nibbles = (bytes: Uint8Array): number[] =>
  [...bytes].flatMap((b) => b & 15).concat([...bytes].map((b) => b >> 4));

/** ggml's blocks of 32: bytes before the quants that are scales, whether a word of fifth bits follows them. */
const SHAPES = {
  Q8_0: { head: 2, fifths: false, bytes: 34 },
  Q4_0: { head: 2, fifths: false, bytes: 18 },
  Q4_1: { head: 4, fifths: false, bytes: 20 },
  Q5_0: { head: 2, fifths: true, bytes: 22 },
  Q5_1: { head: 4, fifths: true, bytes: 24 },
  IQ4_NL: { head: 2, fifths: false, bytes: 18 },
  MXFP4: { head: 1, fifths: false, bytes: 17 },
} as const;

export type BlockType = keyof typeof SHAPES;

/** The rank of each MXFP4 nibble among the values, from -12 to 12; -0 comes before 0. */
const FP4_RANKS = [8, 9, 10, 11, 12, 13, 14, 15, 7, 6, 5, 4, 3, 2, 1, 0];

/** One row of the file's blocks, element by element. */
export function repackBlocksRef(type: BlockType, raw: Uint8Array, row: Row): void {
  const { head, fifths, bytes } = SHAPES[type];
  for (let block = 0; block < row.blocks; block++) {
    const from = raw.subarray(block * bytes, (block + 1) * bytes);
    row.scales.set(from.subarray(0, head), block * head);
    const quants = from.subarray(head + (fifths ? 4 : 0));
    if (type === 'Q8_0') row.quants.set(quants, block * 32);
    else putNibbles(row, block, type === 'MXFP4' ? nibbles(quants).map((n) => FP4_RANKS[n]!) : nibbles(quants));
    if (!fifths) continue;
    const bits = Array.from({ length: 32 }, (_, i) => from[head + Math.floor(i / 8)]! >> (i % 8));
    putBits(row, secondPlane(row.blocks * 16), block, bits);
  }
}
