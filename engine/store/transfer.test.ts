import { beforeEach, describe, expect, test } from 'vitest';
import type { FakeOpfs } from '../../tests/fake-opfs.ts';
import type { FileServer } from '../../tests/file-server.ts';
import { content, failure, noise, planOf, stored, useStore } from '../../tests/store-fixture.ts';
import type { StoreEnvironment } from './environment.ts';
import { ModelStore } from './model-store.ts';

const world = useStore();
let disk: FakeOpfs;
let server: FileServer;
let waits: number[];

beforeEach(() => {
  ({ disk, server, waits } = world.current);
});
const storeOn = (of: FakeOpfs) => world.current.store(of);
const ensure = (store: ModelStore, onProgress?: (bytes: number) => void, signal?: AbortSignal) =>
  world.current.ensure(store, onProgress, signal);

describe('a download', () => {
  test('is stored, listed, read back and not repeated', async () => {
    const store = storeOn(disk);
    const progress: number[] = [];
    expect(await store.list()).toEqual([]);
    await ensure(store, (bytes) => progress.push(bytes));
    expect(progress[0]).toBe(0);
    expect(progress.at(-1)).toBe(content.length);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
    expect(await store.list()).toMatchObject([{ id: 'model-1', bytes: content.length, complete: true }]);
    expect((await stored(store)).equals(content)).toBe(true);
    const source = await store.source('model-1');
    const file = source.files[0]!;
    expect(file.name).toBe('model.gguf');
    expect(await file.read(100, 5)).toEqual(content.slice(100, 105));
    expect((await failure(file.read(content.length - 2, 3))).code).toBe('bad-file');
    await ensure(store);
    source.close();
    expect((await failure(file.read(0, 1))).code).toBe('invalid-state');
    await ensure(store);
    await ensure(storeOn(disk));
    expect(server.requests).toMatchObject([{ path: '/model.gguf', range: undefined, ifRange: undefined }]);
  });

  test('that breaks off goes on by Range within one call', async () => {
    server.faults.push({ cutAfter: 300_000 }, { cutAfter: 200_000 });
    await ensure(storeOn(disk));
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
    expect(server.requests.length).toBe(3);
    expect(server.requests[1]?.ifRange).toBe('"1"');
    const [, second, third] = server.requests.map(({ range }) => Number(/\d+/.exec(range ?? '0')?.[0]));
    expect(second).toBeGreaterThan(0);
    expect(third).toBeGreaterThan(second ?? Infinity);
    expect(waits).toEqual([500, 500]);
  });

  test('goes on after 500, 503 and 429', async () => {
    server.faults.push({ status: 500 }, { status: 503 }, { status: 429 });
    await ensure(storeOn(disk));
    expect(waits).toEqual([500, 1000, 2000]);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('gives up after some tries without progress, keeps its bytes, and goes on in the next call', async () => {
    server.faults.push({ cutAfter: 300_000 }, ...Array.from({ length: 8 }, () => ({ status: 500 })));
    const error = await failure(ensure(storeOn(disk)));
    expect(error.code).toBe('network');
    expect(error.message).toMatch(/stopped at 0\.\d MB of 0\.7 MB: the server answered 500\. Check the connection/);
    const [partial] = await storeOn(disk).list();
    expect(partial).toMatchObject({ id: 'model-1', complete: false });
    expect(partial?.bytes).toBeGreaterThan(0);
    expect((await failure(storeOn(disk).source('model-1'))).code).toBe('invalid-state');
    await ensure(storeOn(disk));
    expect(server.requests.at(-1)?.range).toBe(`bytes=${partial?.bytes}-`);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('of what is not there fails at once', async () => {
    server.faults.push({ status: 404 });
    const error = await failure(ensure(storeOn(disk)));
    expect(error.code).toBe('network');
    expect(error.message).toMatch(/model\.gguf failed: the server answered 404/);
    expect(waits).toEqual([]);
  });

  test('starts over where the server knows no ranges', async () => {
    server.ranges = false;
    server.faults.push({ cutAfter: 300_000 });
    await ensure(storeOn(disk));
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('from a server that knows no ranges and always cuts comes to an end', async () => {
    server.ranges = false;
    server.faults.push(...Array.from({ length: 20 }, () => ({ cutAfter: 300_000 })));
    expect((await failure(ensure(storeOn(disk)))).code).toBe('network');
    expect(server.requests.length).toBeLessThan(20);
  });

  test('without lengths or ETags works too', async () => {
    server.lengths = false;
    server.etag = undefined;
    server.faults.push({ cutAfter: 300_000 });
    await ensure(storeOn(disk));
    expect(server.requests[1]?.ifRange).toBe(undefined);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('keeps its bytes when a sign-in page answers instead', async () => {
    server.faults.push({ cutAfter: 300_000 }, { instead: new TextEncoder().encode('<html>sign in</html>') });
    await ensure(storeOn(disk));
    expect(server.requests.map(({ range }) => range === undefined)).toEqual([true, false, false]);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('starts over where the file changed on the server', async () => {
    const right = server.content;
    server.content = noise(700_000).reverse();
    server.faults.push({ cutAfter: 300_000 }, ...Array.from({ length: 8 }, () => ({ status: 500 })));
    await failure(ensure(storeOn(disk)));
    server.content = right;
    server.etag = '"2"';
    await ensure(storeOn(disk));
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('from another origin sends no If-Range and compares the ETag itself', async () => {
    const store = world.current.store(disk, 'https://app.invalid/');
    server.faults.push({ cutAfter: 300_000 }, ...Array.from({ length: 8 }, () => ({ status: 500 })));
    await failure(ensure(store));
    server.etag = '"2"';
    await ensure(store);
    expect(server.requests.every(({ ifRange }) => ifRange === undefined)).toBe(true);
    expect(server.requests.at(-1)?.range).toBe(undefined);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('from an extension asks for no ranges', async () => {
    const asked: (string | null)[] = [];
    const answer = (bytes: Uint8Array) =>
      new Response(bytes.slice(), { headers: { 'Content-Length': `${content.length}` } });
    const url = 'chrome-extension://abcdefgh/models/model.gguf';
    const environment: StoreEnvironment = {
      ...world.current.environment(disk),
      fetch: async (to, init) => {
        expect(to).toEqual(new URL(url));
        asked.push(new Headers(init?.headers).get('Range'));
        return answer(asked.length === 1 ? content.subarray(0, 300_000) : content);
      },
    };
    const store = new ModelStore(disk.directory(), environment, { baseUrl: 'chrome-extension://abcdefgh/' });
    await store.ensure(planOf(content, url), { onProgress: () => {} });
    expect(asked).toEqual([null, null]);
    expect((await stored(store)).equals(content)).toBe(true);
  });

  test.each([
    ['wrong bytes', () => noise(700_000).reverse(), /arrived with SHA-256 [0-9a-f]{64}; pinned is [0-9a-f]{64}/],
    ['too many bytes', () => noise(700_001), /more than the 700000 bytes/],
  ])('of %s leaves nothing behind', async (_, wrong, message) => {
    server.content = wrong();
    server.lengths = false;
    const store = storeOn(disk);
    const error = await failure(ensure(store));
    expect(error.code).toBe('hash-mismatch');
    expect(error.message).toMatch(message);
    expect([...disk.files.keys()]).toEqual(['model-1.model']);
    expect(await store.list()).toMatchObject([{ id: 'model-1', bytes: 0, complete: false }]);
    server.content = content;
    await ensure(store);
    expect((await stored(store)).equals(content)).toBe(true);
  });
});

describe('cancelling', () => {
  test('keeps the bytes, and the next call goes on from them', async () => {
    server.faults.push({ hangAfter: 600_000 });
    const store = storeOn(disk);
    const stop = new AbortController();
    const error = await failure(ensure(store, (bytes) => bytes > 0 && stop.abort(), stop.signal));
    expect(error.code).toBe('aborted');
    const [partial] = await store.list();
    expect(partial?.bytes).toBeGreaterThan(0);
    await ensure(store);
    expect(server.requests[1]?.range).toBe(`bytes=${partial?.bytes}-`);
    expect((await stored(store)).equals(content)).toBe(true);
    expect((await failure(ensure(store, undefined, AbortSignal.abort()))).code).toBe('aborted');
  });

  test('leaves the download to the others who wait for it', async () => {
    const store = storeOn(disk);
    const stop = new AbortController();
    const progress: number[] = [];
    const first = failure(ensure(store, (bytes) => bytes > 0 && stop.abort(), stop.signal));
    const second = ensure(store, (bytes) => progress.push(bytes));
    expect((await first).code).toBe('aborted');
    await second;
    expect(progress.at(-1)).toBe(content.length);
    expect(server.requests.length).toBe(1);
  });
});
