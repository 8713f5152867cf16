import { expect, test } from 'vitest';
import { spellOrigin } from './origin.ts';
import { decodeLabel } from './punycode.ts';

const NONE = { before: '', port: '', warnings: [] };

test.each([
  ['https://example.org', { domain: 'example.org' }],
  ['https://paypal.com.login.example.org', { before: 'paypal.com.login.', domain: 'example.org' }],
  ['https://a.shop.co.uk', { before: 'a.', domain: 'shop.co.uk' }],
  ['https://docs.someone.github.io', { before: 'docs.', domain: 'someone.github.io' }],
  ['https://github.io', { domain: 'github.io' }],
  ['https://192.168.1.20:8443', { domain: '192.168.1.20', port: ':8443' }],
])('%s is its domain, what stands in front of it, and its port', (origin, parts) => {
  expect(spellOrigin(origin)).toEqual({ scheme: 'https://', ...NONE, ...parts });
});

test('a name of this machine is one name', () => {
  const local = { scheme: 'http://', ...NONE, domain: 'a.localhost', port: ':8080' };
  expect(spellOrigin('http://a.localhost:8080')).toEqual(local);
});

test.each([
  ['xn--mller-kva', 'müller'],
  ['xn--fiqs8s', '中国'],
  ['xn--e1afmkfd', 'пример'],
  ['xn--80ak6aa92e', 'аррӏе'],
  ['xn--', ''],
  ['xn--!', undefined],
  ['xn--99999999', undefined],
])('%s decodes to %s', (label, text) => expect(decodeLabel(label)).toBe(text));

test.each([
  ['https://müller.example', 'müller.example'],
  ['https://www.пример.example', 'пример.example'],
  ['https://例え.jp', '例え.jp'],
])('a name in one script that cannot be mistaken is shown in it, and in code: %s', (typed, domain) => {
  const { origin, hostname } = new URL(typed);
  expect(spellOrigin(origin)).toMatchObject({ domain, code: hostname, warnings: [] });
});

test.each([
  'https://аррӏе.com',
  'https://pаypal.com',
  'https://αβ.example',
  'https://ıbm.com',
  'https://googlе.example.org',
])('a name that imitates another is shown in code and pointed out: %s', (typed) => {
  const { origin, host } = new URL(typed);
  const spelled = spellOrigin(origin)!;
  expect(spelled.before + spelled.domain).toBe(host);
  expect(spelled.code).toBeUndefined();
  expect(spelled.warnings).toHaveLength(1);
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
