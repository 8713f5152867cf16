import { expect, test } from 'vitest';
import { formatDuration, formatTokens } from './amounts.ts';

test.each([
  [0, '0.0 s'],
  [1234, '1.2 s'],
  [59_000, '59 s'],
  [60_000, '1 min'],
  [95_000, '1.6 min'],
  [3_600_000, '1 h'],
  [90_000_000, '25 h'],
])('%d ms are %s', (ms, text) => expect(formatDuration(ms)).toBe(text));

test.each([
  [1, '1 token'],
  [999, '999 tokens'],
  [12_345, '12.3K tokens'],
  [1_500_000, '1.5M tokens'],
])('%d are %s', (tokens, text) => expect(formatTokens(tokens)).toBe(text));
