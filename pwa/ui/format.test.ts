import { expect, test } from 'vitest';
import { formatAge, formatBytes, formatPercent, formatSpeed } from './format.ts';

test('bytes change unit before they show four digits', () => {
  expect(formatBytes(0)).toBe('0 B');
  expect(formatBytes(999)).toBe('999 B');
  expect(formatBytes(11_588_800)).toBe('11.6 MB');
  expect(formatBytes(999_600)).toBe('1.0 MB');
  expect(formatBytes(139e9)).toBe('139 GB');
});

test('a download that is not finished never shows 100 %', () => {
  expect(formatPercent(0.999)).toBe('99 %');
  expect(formatPercent(1)).toBe('100 %');
  expect(formatPercent(-1)).toBe('0 %');
});

test('ages are relative for a week', () => {
  const now = Date.UTC(2026, 10, 21, 12);
  expect(formatAge(now - 20_000, now)).toBe('just now');
  expect(formatAge(now - 5 * 60_000, now)).toBe('5 minutes ago');
  expect(formatAge(now - 25 * 3_600_000, now)).toBe('yesterday');
  expect(formatAge(now - 30 * 86_400_000, now)).toMatch(/2026/);
});

test('speeds keep one digit while it means something', () => {
  expect(formatSpeed(7.26)).toBe('7.3 tokens/s');
  expect(formatSpeed(128.4)).toBe('128 tokens/s');
});
