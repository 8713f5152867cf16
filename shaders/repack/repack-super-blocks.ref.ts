import { putBits, putNibbles, putPairs, type Row, secondPlane } from './planes.ref.ts';

type Repack = (from: Uint8Array, row: Row, first: number) => void;

const range = <T>(count: number, at: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => at(i));

/** Puts number n of 6 bits into 12 bytes: `shaders/lib/weights-scale-6-bit.wgsl`. */
function putSixBits(to: Uint8Array, n: number, value: number): void {
  to[n % 8]! |= (value & 15) << (n < 8 ? 0 : 4);
  to[8 + (n % 4)]! |= (value >> 4) << (Math.floor(n / 4) * 2);
}

/** Q4_K's scale and minimum of a block, as `get_scale_min_k4` reads them. */
function scaleAndMinimum(q: Uint8Array, block: number): [number, number] {
  if (block < 4) return [q[block]! & 63, q[block + 4]! & 63];
  return [
    (q[block + 4]! & 15) | ((q[block - 4]! >> 6) << 4), //
    (q[block + 4]! >> 4) | ((q[block]! >> 6) << 4),
  ];
}

const q45K =
  (quantsAt: number): Repack =>
  (from, row, first) => {
    const scales = row.scales.subarray(first * 2, first * 2 + 16);
    scales.set(from.subarray(0, 4), 12);
    for (let b = 0; b < 8; b++) {
      scaleAndMinimum(from.subarray(4, 16), b).forEach((value, i) => putSixBits(scales, b * 2 + i, value));
      const at = quantsAt + Math.floor(b / 2) * 32;
      putNibbles(
        row,
        first + b,
        range(32, (i) => from[at + i]! >> ((b % 2) * 4)),
      );
      if (quantsAt === 48) {
        putBits(
          row,
          secondPlane(row.blocks * 16),
          first + b,
          range(32, (i) => from[16 + i]! >> b),
        );
      }
    }
  };

const q6K: Repack = (from, row, first) => {
  const scales = row.scales.subarray((first / 8) * 20);
  scales.set(from.subarray(192, 210), 0);
  for (let b = 0; b < 8; b++) {
    const half = Math.floor(b / 4);
    const quarter = b % 4;
    const low = range(32, (i) => from[half * 64 + (quarter % 2) * 32 + i]! >> (quarter < 2 ? 0 : 4));
    putNibbles(row, first + b, low);
    const high = range(32, (i) => from[128 + half * 32 + i]! >> (quarter * 2));
    putPairs(row, secondPlane(row.blocks * 16), first + b, high);
  }
};

/** The lower two bits of Q2_K and Q3_K, from byte `at` on. */
function putLowPairs(from: Uint8Array, at: number, row: Row, block: number, b: number): void {
  const shift = (b % 4) * 2;
  putPairs(
    row,
    0,
    block,
    range(32, (i) => from[at + Math.floor(b / 4) * 32 + i]! >> shift),
  );
}

const q2K: Repack = (from, row, first) => {
  const scales = row.scales.subarray((first / 8) * 20);
  scales.set(from.subarray(0, 16), 0);
  scales.set(from.subarray(80, 84), 16);
  for (let b = 0; b < 8; b++) putLowPairs(from, 16, row, first + b, b);
};

const q3K: Repack = (from, row, first) => {
  row.scales.set(from.subarray(96, 110), first * 2);
  for (let b = 0; b < 8; b++) {
    putLowPairs(from, 32, row, first + b, b);
    const third = range(32, (i) => from[i]! >> b);
    putBits(row, secondPlane(row.blocks * 8), first + b, third);
  }
};

const iq4Xs: Repack = (from, row, first) => {
  row.scales.set(from.subarray(0, 8), first);
  row.quants.set(from.subarray(8), first * 16);
};

const REPACKS = {
  Q2_K: { repack: q2K, bytes: 84 },
  Q3_K: { repack: q3K, bytes: 110 },
  Q4_K: { repack: q45K(16), bytes: 144 },
  Q5_K: { repack: q45K(48), bytes: 176 },
  Q6_K: { repack: q6K, bytes: 210 },
  IQ4_XS: { repack: iq4Xs, bytes: 136 },
};

export type SuperBlockType = keyof typeof REPACKS;

/** One row of the file's super-blocks, element by element. */
export function repackSuperBlocksRef(type: SuperBlockType, raw: Uint8Array, row: Row): void {
  const { repack, bytes } = REPACKS[type];
  for (let at = 0; at * 8 < row.blocks; at++) repack(raw.subarray(at * bytes, (at + 1) * bytes), row, at * 8);
}
