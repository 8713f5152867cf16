import { expect, test } from 'vitest';
import { groupsOf } from './chat-groups.ts';

const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime();
const NOW = at(2026, 10, 21, 14, 30);
const names = (...times: number[]) =>
  groupsOf(
    times.map((updatedMs) => ({ updatedMs })),
    NOW,
  ).map(({ name, chats }) => `${name}: ${chats.length}`);

test('days begin at midnight of the calendar, months follow the week', () => {
  expect(
    names(
      at(2026, 10, 21, 14, 29),
      at(2026, 10, 21, 0, 0),
      at(2026, 10, 20, 23, 59),
      at(2026, 10, 20, 0, 0),
      at(2026, 10, 19, 23, 59),
      at(2026, 10, 14, 0, 0),
      at(2026, 10, 13, 23, 59),
      at(2026, 9, 31, 12, 0),
      at(2025, 9, 31, 12, 0),
    ),
  ).toEqual([
    'Today: 2',
    'Yesterday: 2',
    'Previous 7 days: 2',
    'November 2026: 1',
    'October 2026: 1',
    'October 2025: 1',
  ]);
});

test('a clock that went wrong puts chats at today', () => {
  expect(names(NOW + 1e9)).toEqual(['Today: 1']);
  expect(names()).toEqual([]);
});
