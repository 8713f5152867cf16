import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { memoryHistory } from '../../../tests/chat-fixture.ts';
import { ChatKeeper } from './keeper.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('the first words are saved at once, then no more often than disks like, and the last of them always', () => {
  const keeper = new ChatKeeper(memoryHistory(), () => {});
  const saved: number[] = [];
  for (let word = 1; word <= 10; word++) {
    keeper.soon(() => saved.push(word));
    vi.advanceTimersByTime(50);
  }
  vi.runAllTimers();
  expect(saved).toEqual([1, 4, 8, 10]);
});

test('what was saved in another way is not saved again', () => {
  const keeper = new ChatKeeper(memoryHistory(), () => {});
  const saved: string[] = [];
  keeper.soon(() => saved.push('first'));
  keeper.soon(() => saved.push('second'));
  keeper.notSoon();
  vi.runAllTimers();
  keeper.soon(() => saved.push('next'));
  expect(saved).toEqual(['first', 'next']);
});
