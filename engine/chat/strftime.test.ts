import { expect, test } from 'vitest';
import { strftime } from './strftime.ts';

test('writes the conversions that templates use', () => {
  const date = new Date(2026, 10, 5, 15, 4, 9);
  expect(strftime(date, '%d %b %Y, %A %e %B %y')).toBe('05 Nov 2026, Thursday  5 November 26');
  expect(strftime(date, '%F %T %I:%M %p 100%% %Q')).toBe('2026-11-05 15:04:09 03:04 PM 100% %Q');
});
