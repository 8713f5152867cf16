import { expect, test } from 'vitest';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { describeDownload, formatTimeLeft, fractionOf } from './amounts.ts';

const MODEL: ModelInfo = {
  id: 'a',
  name: 'A',
  license: '',
  bytes: 810e6,
  storedBytes: 312e6,
  state: 'downloading',
  loaded: false,
  kind: 'model',
  isDefault: false,
  settings: {},
};

test.each([
  [3, 'a few seconds'],
  [41, '45 s'],
  [56, '1 min'],
  [754, '13 min'],
  [3600, '1 h'],
  [7100, '2 h'],
  [4900, '1 h 20 min'],
  [3 * 86_400, '3 days'],
])('%d seconds are %s', (seconds, text) => expect(formatTimeLeft(seconds)).toBe(text));

test('a download is told as far as it is known', () => {
  const told = (model: ModelInfo) => describeDownload(model).replaceAll('\u00a0', ' ');
  expect(told(MODEL)).toBe('312 MB of 810 MB');
  expect(told({ ...MODEL, download: { bytesPerSecond: 0 } })).toBe('312 MB of 810 MB');
  expect(told({ ...MODEL, download: { bytesPerSecond: 12.3e6, secondsLeft: 40 } })).toBe(
    '312 MB of 810 MB · 12.3 MB/s · 40 s left',
  );
  expect(told({ ...MODEL, bytes: 312e6, download: { bytesPerSecond: 5e6 } })).toBe('312 MB · 5.0 MB/s');
});

test('without a size there is no fraction', () => {
  expect(fractionOf({ ...MODEL, bytes: 312e6 })).toBeUndefined();
  expect(fractionOf({ ...MODEL, bytes: 0, storedBytes: 0 })).toBeUndefined();
  expect(fractionOf({ ...MODEL, storedBytes: 405e6 })).toBe(0.5);
  expect(fractionOf({ ...MODEL, storedBytes: 810e6, state: 'stored' })).toBe(1);
});
