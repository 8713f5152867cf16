import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { loadCatalog, parseCatalog } from './catalog.ts';

const [pocket] = loadCatalog();
if (pocket?.kind !== 'embedded') throw new Error('the first entry is the embedded model');

test('the catalogue pins the embedded model that the repository carries', async () => {
  expect(pocket).toMatchObject({ id: 'pocket', default: true });
  const hash = createHash('sha256');
  await pipeline(createReadStream(new URL('../../models/pocket/pocket-q4_0.gguf', import.meta.url)), hash);
  expect(hash.digest('hex')).toBe(pocket.sha256);
});

test.each([
  ['a short hash', [{ ...pocket, sha256: 'abc' }], /0\.sha256/],
  ['an id that is a path', [{ ...pocket, id: '../x' }], /0\.id/],
  ['no size', [{ ...pocket, bytes: 0 }], /0\.bytes/],
  ['a field that nobody knows', [{ ...pocket, colour: 'red' }], /0\.colour/],
  ['one id twice', [pocket, { ...pocket, default: false }], /two entries share an id/],
  ['no default', [{ ...pocket, default: false }], /exactly one entry must be the default/],
])('%s is refused', (_, catalog, message) => {
  expect(() => parseCatalog(catalog)).toThrow(message);
});
