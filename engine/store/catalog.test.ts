import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { catalogBytes, loadCatalog, parseCatalog } from './catalog.ts';
import { quantizationOf } from './huggingface.ts';

const [pocket, ...others] = loadCatalog();
const small = { ...others[0]! };
if (pocket?.kind !== 'embedded') throw new Error('the first entry is the embedded model');

test('the catalogue pins the embedded model that the repository carries', async () => {
  expect(pocket).toMatchObject({ id: 'pocket', default: true });
  const hash = createHash('sha256');
  await pipeline(createReadStream(new URL('../../models/pocket/pocket-q4_0.gguf', import.meta.url)), hash);
  expect(hash.digest('hex')).toBe(pocket.sha256);
});

test('the others name a repository, a quantization that it has, and no hash; smaller ones come first', () => {
  expect(others.length).toBeGreaterThanOrEqual(12);
  const sizes = others.map(catalogBytes);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  for (const entry of others) {
    expect(entry.kind).toBe('repository');
    expect(entry).not.toHaveProperty('sha256');
    const quantization = entry.kind === 'repository' ? entry.quantization : 'none';
    expect(quantizationOf(`m-${quantization}.gguf`)).toBe(quantization);
  }
});

test.each([
  ['a short hash', [{ ...pocket, sha256: 'abc' }], /0\.sha256/],
  ['an id that is a path', [{ ...pocket, id: '../x' }], /0\.id/],
  ['no size', [{ ...pocket, bytes: 0 }], /0\.bytes/],
  ['a field that nobody knows', [{ ...pocket, colour: 'red' }], /0\.colour/],
  ['one id twice', [pocket, { ...pocket, default: false }], /two entries share an id/],
  ['a kind that nobody knows', [{ ...pocket, kind: 'other' }], /0\.kind/],
  ['a hash that nobody has computed', [pocket, { ...small, sha256: '0'.repeat(64) }], /1\.sha256/],
  ['a repository that is a path', [pocket, { ...small, repo: '../../x' }], /1\.repo/],
  ['a choice without a size', [pocket, { ...small, quantization: 'Q2_K' }], /quantization is not among its sizes/],
  ['no default', [{ ...pocket, default: false }], /exactly one entry must be the default/],
])('%s is refused', (_, catalog, message) => {
  expect(() => parseCatalog(catalog)).toThrow(message);
});
