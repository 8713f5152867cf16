import { expect, test } from 'vitest';
import { ByteRanges } from './byte-ranges.ts';

test('agrees with a plain list of bytes over random changes', () => {
  let state = 7;
  const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
  const ranges = new ByteRanges();
  const plain = Array.from({ length: 40 }, () => false);
  for (let step = 0; step < 2000; step++) {
    const start = random(40);
    const end = start + random(41 - start);
    const add = random(3) > 0;
    if (add) ranges.add(start, end);
    else ranges.remove(start, end);
    plain.fill(add, start, end);
    expect(ranges.bytes).toBe(plain.filter(Boolean).length);
    const from = plain.indexOf(false);
    const to = plain.indexOf(true, from);
    expect(ranges.gap(40)).toEqual(from < 0 ? undefined : [from, to < 0 ? 40 : to]);
    expect(ranges.has(start, end)).toBe(add || start === end);
    expect(new ByteRanges(ranges.toJSON())).toEqual(ranges);
  }
});

test('gaps end where the file does', () => {
  const ranges = new ByteRanges([[0, 10]]);
  expect(ranges.gap(10)).toBe(undefined);
  expect(ranges.gap(12)).toEqual([10, 12]);
  expect(new ByteRanges([[5, 10]]).gap(3)).toEqual([0, 3]);
});
