import { expect, test } from 'vitest';
import { NO_ANSWER, NOT_ALLOWED, refusalOf } from './refusals.ts';

test.each([
  ['Error: The extensions gallery cannot be scripted.', 'its store'],
  ['Error: Cannot access a chrome:// URL', 'its own pages'],
  ['Error: Cannot access a chrome-extension:// URL of different extension', 'another one'],
  ['Error: The New Tab Page cannot be scripted.', 'its own pages'],
  [
    'Error: Cannot access contents of url "file:///a.html". Extension manifest must request permission to access this host.',
    'Allow access to file URLs',
  ],
  ['Error: Frame with ID 0 is showing error page', 'an error of the browser'],
  ['Error: This page cannot be scripted due to an ExtensionsSettings policy.', 'manages this browser'],
  ['Error: No tab with id: 7.', 'closed'],
  ['Error: Frame with ID 0 was removed.', 'changed'],
  [`Error: ${NO_ANSWER}`, 'did not answer'],
])('%s', (said, told) => {
  expect(refusalOf(said)).toContain(told);
});

test('whatever else Chromium says, asking from the page is what helps', () => {
  const said =
    'Cannot access contents of the page. Extension manifest must request permission to access the respective host.';
  expect(refusalOf(new Error(said))).toBe(NOT_ALLOWED);
  expect(refusalOf('something new')).toBe(NOT_ALLOWED);
});
