import { expect, test } from 'vitest';
import { noise } from '../../tests/store-fixture.ts';
import { pieceSum } from './piece-sums.ts';

const text = (of: string) => new TextEncoder().encode(of);

// The first three are the algorithm's published vectors; the others come from the reference implementation in C.
test.each([
  ['', 0x02cc5d05],
  ['a', 0x550d7456],
  ['abc', 0x32d153ff],
  ['abcdefghijklmnopqrstuvwxyz', 0x63a14d5f],
  ['Nobody inspects the spammish repetition', 0xe2293b2f],
])('the sum of %j is that of XXH32', (of, sum) => {
  expect(pieceSum(text(of))).toBe(sum);
});

test('bytes that lie anywhere in memory have the same sum', () => {
  const bytes = noise(1003);
  for (const shift of [1, 2, 3]) {
    const moved = new Uint8Array(1003 + shift).subarray(shift);
    moved.set(bytes);
    expect(pieceSum(moved)).toBe(pieceSum(bytes));
  }
});

test('every flipped bit changes it', () => {
  const bytes = noise(67);
  const right = pieceSum(bytes);
  for (let bit = 0; bit < 67 * 8; bit++) {
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    expect(pieceSum(bytes)).not.toBe(right);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
  }
});
