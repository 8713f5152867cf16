import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileServer } from '../../tests/file-server.ts';
import { failure } from '../../tests/store-fixture.ts';
import { searchHub } from './hub-search.ts';

const FIRST =
  '/api/models?search=small+qwen&filter=gguf&sort=downloads&direction=-1&limit=20' +
  '&expand%5B%5D=downloads&expand%5B%5D=likes&expand%5B%5D=lastModified&expand%5B%5D=gated&expand%5B%5D=tags';
const HIT = {
  _id: '1',
  id: 'owner/Small-GGUF',
  downloads: 1234,
  likes: 5,
  gated: false,
  lastModified: '2026-10-02T08:00:00.000Z',
  tags: ['gguf', 'license:apache-2.0', 'region:us'],
};
let server: FileServer;
let hub: string;
beforeEach(async () => {
  server = new FileServer(new Uint8Array());
  hub = (await server.start()).slice(0, -1);
});
afterEach(() => server.stop());
const search = (next?: string, token?: string) => searchHub('small qwen', next, { fetch, hub, token });

test('hits with what a person chooses by, and more on request', async () => {
  const next = `${hub}/api/models?search=small+qwen&cursor=abc`;
  server.paths.set(FIRST, {
    json: [HIT, { ...HIT, id: 'meta/Gated-GGUF', gated: 'manual' }],
    headers: { Link: `<${next}>; rel="next"` },
  });
  server.paths.set('/api/models?search=small+qwen&cursor=abc', { json: [] });
  const found = await search(undefined, 'hf_secret');
  const hit = {
    id: 'owner/Small-GGUF',
    downloads: 1234,
    likes: 5,
    gated: false,
    updated: '2026-10-02T08:00:00.000Z',
    license: 'apache-2.0',
  };
  expect(found).toEqual({ models: [hit, { ...hit, id: 'meta/Gated-GGUF', gated: true }], next });
  expect(await search(found.next)).toEqual({ models: [] });
  expect(server.requests.map(({ authorization }) => authorization)).toEqual(['Bearer hf_secret', undefined]);
});

test('nothing but the hub itself is asked for more', async () => {
  for (const next of [
    'https://evil.example/api/models?cursor=1',
    `${hub}/owner/repo`,
    'nonsense',
    `${hub}@evil.example/api/models`,
  ]) {
    expect((await failure(search(next, 'hf_secret'))).code).toBe('bad-argument');
  }
  expect(server.requests).toEqual([]);
  server.paths.set(FIRST, { json: [HIT], headers: { Link: '<https://evil.example/api/models>; rel="next"' } });
  expect(await search()).not.toHaveProperty('next');
});

test('what is no hit is left out, what is wild in one is not told', async () => {
  const wild = {
    ...HIT,
    downloads: -1,
    likes: 'many',
    lastModified: 'yesterday',
    tags: [`license:${'x'.repeat(1000)}`, 5],
  };
  const many = Array.from({ length: 100 }, () => HIT);
  server.paths.set(FIRST, { json: [{ id: '../../etc' }, null, { ...HIT, id: `a/${'b'.repeat(200)}` }, wild, ...many] });
  const { models } = await search();
  expect(models[0]).toEqual({ id: 'owner/Small-GGUF', downloads: 0, likes: 0, gated: false });
  expect(models.length).toBeLessThanOrEqual(20);
});

test.each([
  [{ status: 429, headers: { RateLimit: '"api";r=0;t=55' } }, 'network', /Try again in 55 seconds/],
  [{ status: 401 }, 'not-allowed', /access token/],
  [{ status: 500 }, 'network', /answered 500/],
  [{ instead: new TextEncoder().encode('<html>') }, 'network', /something else/],
  [{ instead: new TextEncoder().encode('{"error":"x"}') }, 'network', /something else/],
])('%j is explained', async (fault, code, message) => {
  server.faults.push(fault);
  const error = await failure(search());
  expect(error.code).toBe(code);
  expect(error.message).toMatch(message);
});

test('offline, and left', async () => {
  const offline = () => Promise.reject(new TypeError('failed to fetch'));
  expect(await failure(searchHub('x', undefined, { fetch: offline }))).toMatchObject({
    code: 'network',
    message: expect.stringMatching(/cannot be reached/),
  });
  const signal = AbortSignal.abort();
  expect((await failure(searchHub('x', undefined, { fetch, hub, signal }))).code).toBe('aborted');
});
