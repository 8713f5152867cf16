import { expect, test, vi } from 'vitest';
import { fastest } from './shape-search.ts';

const never = new AbortController().signal;
/** Each takes its times in turn, the last of them for ever. */
const timersOf = (...times: number[][]) =>
  times.map((own) => {
    let next = 0;
    return vi.fn(() => Promise.resolve(own[Math.min(next++, own.length - 1)]!));
  });

test('the one that takes the least time', async () => {
  expect(await fastest(timersOf([100], [90], [80], [120]), never)).toBe(2);
});

test('the first one where another is hardly better', async () => {
  expect(await fastest(timersOf([100], [99.5]), never)).toBe(0);
  expect(await fastest(timersOf([100]), never)).toBe(0);
});

test('of each the best measurement counts: one that was disturbed tells nothing', async () => {
  expect(await fastest(timersOf([100], [105, 80]), never)).toBe(1);
  expect(await fastest(timersOf([104, 80], [100, 100]), never)).toBe(0);
});

test('what is far behind is measured once', async () => {
  const timers = timersOf([100], [90], [110], [200]);
  expect(await fastest(timers, never)).toBe(1);
  const [first, best, near, far] = timers.map(({ mock }) => mock.calls.length);
  expect(far).toBe(1);
  expect(near).toBeGreaterThan(1);
  expect(near).toBeLessThan(best!);
  expect(first).toBe(best); // what the others are compared with stays
});

test('a GPU that wakes up meanwhile does not make those the best that come last', async () => {
  let awake = 0.3;
  const timers = [80, 100, 100, 100].map((time) => () => {
    awake = Math.min(1, awake + 0.1);
    return Promise.resolve(time / awake);
  });
  expect(await fastest(timers, never)).toBe(0);
});

test('nothing is measured any more when it is aborted', async () => {
  const stop = new AbortController();
  const [first, second] = timersOf([100], [50]);
  const aborting = vi.fn(() => (stop.abort(), first!()));
  expect(await fastest([aborting, second!], stop.signal)).toBeUndefined();
  expect(second).not.toHaveBeenCalled();
});
