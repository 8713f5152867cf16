import { expect, test } from 'vitest';
import { Speed } from './speed.ts';

function measured(samples: [ms: number, bytes: number][], nowMs: number): number {
  let now = 0;
  const speed = new Speed(() => now);
  for (const [ms, bytes] of samples) {
    now = ms;
    speed.reached(bytes);
  }
  now = nowMs;
  return speed.bytesPerSecond;
}

test.each<[string, [number, number][], number, number]>([
  ['nothing yet', [], 0, 0],
  ['one report', [[0, 1000]], 500, 0],
  [
    'a steady line',
    [
      [0, 0],
      [1000, 5000],
      [2000, 10_000],
    ],
    2000,
    5000,
  ],
  [
    'what was there before does not count',
    [
      [0, 1_000_000],
      [1000, 1_005_000],
    ],
    1000,
    5000,
  ],
  [
    'a line that went silent',
    [
      [0, 0],
      [1000, 10_000],
    ],
    10_000,
    1000,
  ],
  [
    'only the last seconds',
    [
      [0, 0],
      [1000, 1_000_000],
      [30_000, 1_000_000],
      [40_000, 1_010_000],
    ],
    40_000,
    1000,
  ],
  [
    'after starting over',
    [
      [0, 0],
      [1000, 9000],
      [2000, 0],
      [3000, 500],
    ],
    3000,
    500,
  ],
])('%s', (_, samples, nowMs, speed) => {
  expect(measured(samples, nowMs)).toBe(speed);
});
