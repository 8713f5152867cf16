import { expect, test } from 'vitest';
import { browserOf, isIos } from './browsers.ts';

const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const SAFARI =
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15';
const IOS_CHROME =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0';

test('browsers are told apart', () => {
  expect(browserOf(CHROME)).toBe('chromium');
  expect(browserOf(CHROME.replace('Chrome', 'HeadlessChrome'))).toBe('chromium');
  expect(browserOf(SAFARI)).toBe('safari');
  expect(browserOf(FIREFOX)).toBe('firefox');
  expect(browserOf('curl/8')).toBeUndefined();
});

test('every browser on an iPhone is Safari inside', () => {
  expect(browserOf(IOS_CHROME)).toBe('safari');
});

test('an iPad that calls itself a Mac is known by its touch screen', () => {
  expect(isIos(SAFARI, 5)).toBe(true);
  expect(isIos(SAFARI, 0)).toBe(false);
  expect(isIos(IOS_CHROME)).toBe(true);
});
