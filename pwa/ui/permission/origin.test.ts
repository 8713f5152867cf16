import { expect, test } from 'vitest';
import { spellOrigin } from './origin.ts';

test('an origin is split into scheme and host with port', () => {
  expect(spellOrigin('https://example.org')).toEqual({ scheme: 'https://', host: 'example.org', warnings: [] });
  expect(spellOrigin('http://a.localhost:8080')).toEqual({ scheme: 'http://', host: 'a.localhost:8080', warnings: [] });
});

test('letters that imitate others are pointed out', () => {
  const { origin } = new URL('https://аррӏе.com');
  const spelled = spellOrigin(origin);
  expect(spelled?.host).toBe('xn--80ak6aa92e.com');
  expect(spelled?.warnings).toHaveLength(1);
  expect(spellOrigin('https://xn--80ak6aa92e.example.com')?.warnings).toHaveLength(1);
});

test('an unencrypted page is pointed out', () => {
  expect(spellOrigin('http://example.org')?.warnings[0]).toMatch(/not encrypted/);
});

test.each([
  'https://user@example.org',
  'https://example.org/path',
  'https://аррӏе.com',
  'null',
  'file://',
  'javascript:alert(1)',
  'https://EXAMPLE.org',
])('%s is not exactly an origin and refused', (text) => {
  expect(spellOrigin(text)).toBeUndefined();
});
