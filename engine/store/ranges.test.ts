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
const ensure = (store: ModelStore, onProgress?: (bytes: number) => void) => world.current.ensure(store, onProgress);

describe('a large file', () => {
  const PIECE = 65_536;
  /** The same content in requests of two pieces each. */
  const inSegments = () => {
    world.current.segmentBytes = 2 * PIECE;
    return storeOn(disk);
  };
  const bounded = (range: string | undefined) => /^bytes=\d+-\d*$/.test(range ?? '');

  test('comes in several ranges at once, each byte once', async () => {
    server.faults.push(...Array.from({ length: 10 }, () => ({ trickle: 8192 })));
    const store = inSegments();
    const progress: number[] = [];
    await ensure(store, (bytes) => progress.push(bytes));
    expect((await stored(store)).equals(content)).toBe(true);
    expect(server.mostAtOnce).toBe(3);
    expect(server.requests).toHaveLength(6);
    expect(server.requests.every(({ range }) => bounded(range))).toBe(true);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  test('keeps what each of them brought when one breaks off, and fetches only the rest', async () => {
    server.faults.push({}, { cutAfter: 20_000 }, {}, {}, ...Array.from({ length: 30 }, () => ({ status: 500 })));
    const error = await failure(ensure(inSegments()));
    expect(error.code).toBe('network');
    const [partial] = await storeOn(disk).list();
    const before = server.requests.length;
    server.faults.splice(0);
    let sent = 0;
    const environment = world.current.environment(disk);
    const counting: StoreEnvironment = {
      ...environment,
      fetch: async (...args) => {
        const response = await environment.fetch(...args);
        sent += Number(response.headers.get('Content-Length'));
        return response;
      },
    };
    const store = new ModelStore(disk.directory(), counting, {
      baseUrl: world.current.baseUrl,
      segmentBytes: 2 * PIECE,
    });
    await ensure(store);
    expect((await stored(store)).equals(content)).toBe(true);
    expect(sent).toBe(content.length - partial!.bytes);
    expect(server.requests.slice(before).every(({ range }) => bounded(range))).toBe(true);
  });

  test('from a server without ranges comes whole, in one request', async () => {
    server.ranges = false;
    const store = inSegments();
    await ensure(store);
    expect(server.requests).toHaveLength(1);
    expect((await stored(store)).equals(content)).toBe(true);
  });

  test('of which nobody knows the length, with and without ranges', async () => {
    const gguf = new Uint8Array([0x47, 0x47, 0x55, 0x46, ...noise(400_000)]);
    server.content = gguf;
    const plan = { id: 'm', name: 'M', parts: [{ name: 'm.gguf', url: `${world.current.baseUrl}m.gguf` }] };
    const totals = new Set<number | undefined>();
    const store = inSegments();
    await store.ensure(plan, { onProgress: (_, total) => totals.add(total) });
    expect(server.requests[0]?.range).toBe(`bytes=0-${2 * PIECE - 1}`);
    expect((await stored(store, 'm')).equals(gguf)).toBe(true);
    expect(totals.has(gguf.length)).toBe(true);
    await store.remove('m');
    server.ranges = false;
    server.lengths = false;
    await store.ensure(plan, { onProgress: () => {} });
    expect((await stored(store, 'm')).equals(gguf)).toBe(true);
    expect((await store.record('m'))?.parts[0]).toMatchObject({ bytes: gguf.length });
  });

  test('of which nobody knew the length needs room, which is asked for before its first byte is stored', async () => {
    disk.quota = 300_000;
    server.content = new Uint8Array([0x47, 0x47, 0x55, 0x46, ...noise(400_000)]);
    const plan = { id: 'm', name: 'M', parts: [{ name: 'm.gguf', url: `${world.current.baseUrl}m.gguf` }] };
    const error = await failure(inSegments().ensure(plan, { onProgress: () => {} }));
    expect(error).toMatchObject({ code: 'storage-full', details: { requested: 400_004 } });
    expect(world.current.blob()?.bytes.length).toBe(0);
  });

  test('that changes on the way is fetched anew, without a pin, too', async () => {
    const old = new Uint8Array([0x47, 0x47, 0x55, 0x46, ...noise(400_000)]);
    const next = new Uint8Array([0x47, 0x47, 0x55, 0x46, ...noise(400_000).reverse()]);
    server.content = old;
    server.faults.push({}, {}, { status: 500 }, ...Array.from({ length: 30 }, () => ({ status: 500 })));
    const plan = { id: 'm', name: 'M', parts: [{ name: 'm.gguf', url: `${world.current.baseUrl}m.gguf` }] };
    await failure(inSegments().ensure(plan, { onProgress: () => {} }));
    expect((await storeOn(disk).list())[0]?.bytes).toBeGreaterThan(0);
    server.faults.splice(0);
    server.content = next;
    server.etag = '"2"';
    await inSegments().ensure(plan, { onProgress: () => {} });
    expect((await stored(storeOn(disk), 'm')).equals(next)).toBe(true);
  });

  test('that lost its last bytes on the server (416) is fetched anew', async () => {
    server.etag = undefined;
    server.faults.push({}, {}, {}, {}, { status: 416 });
    const store = inSegments();
    await ensure(store);
    expect((await stored(store)).equals(content)).toBe(true);
  });
});

describe('a server that is overloaded', () => {
  test('is left alone as long as it asks, then asked by one connection', async () => {
    world.current.segmentBytes = 65_536;
    server.faults.push({}, { status: 429, headers: { 'Retry-After': '7' } });
    await ensure(storeOn(disk));
    expect(waits).toEqual([7000]);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('is not waited for longer than two minutes at a time', async () => {
    server.faults.push({ status: 503, headers: { 'Retry-After': '86400' } });
    await ensure(storeOn(disk));
    expect(waits).toEqual([120_000]);
  });
});

describe('an offline device', () => {
  test('waits until it is online', async () => {
    const online = Promise.withResolvers<void>();
    let waited = false;
    const environment: StoreEnvironment = {
      ...world.current.environment(disk),
      online: () => ((waited = true), online.promise),
    };
    const store = new ModelStore(disk.directory(), environment, { baseUrl: world.current.baseUrl });
    server.faults.push({ status: 500 });
    const done = ensure(store);
    await expect.poll(() => waited).toBe(true);
    expect(server.requests).toHaveLength(1);
    online.resolve();
    await done;
    expect((await stored(store)).equals(content)).toBe(true);
  });
});

describe('an address', () => {
  test('that never answers is given up soon, one that gave something is not', async () => {
    const refuses: StoreEnvironment = {
      ...world.current.environment(disk),
      fetch: () => Promise.reject(new TypeError('Failed to fetch')),
    };
    const options = { baseUrl: 'https://app.invalid/' };
    const error = await failure(ensure(new ModelStore(disk.directory(), refuses, options)));
    expect(error).toMatchObject({
      code: 'network',
      message: expect.stringMatching(/does not allow downloads by web pages/),
    });
    expect(waits.splice(0)).toHaveLength(3);
    server.faults.push({ cutAfter: 300_000 }, ...Array.from({ length: 8 }, () => ({ status: 500 })));
    await failure(ensure(storeOn(disk)));
    waits.splice(0);
    await failure(ensure(new ModelStore(disk.directory(), refuses, options)));
    expect(waits).toHaveLength(7);
  });

  test('that leads elsewhere is followed; its bytes are judged by the pin', async () => {
    server.paths.set('/model.gguf', { location: '/elsewhere.gguf' });
    server.faults.push({}, { corrupt: true });
    const store = storeOn(disk);
    expect((await failure(ensure(store))).code).toBe('hash-mismatch');
    await ensure(store);
    expect((await stored(store)).equals(content)).toBe(true);
  });

  test('that leads from https to http is refused', async () => {
    const answer = Object.defineProperty(new Response('x'), 'url', { value: 'http://example.org/m.gguf' });
    const environment = { ...world.current.environment(disk), fetch: async () => answer };
    const store = new ModelStore(disk.directory(), environment, { baseUrl: 'https://app.invalid/' });
    const error = await failure(store.ensure(planOf(content, 'https://example.org/m.gguf'), { onProgress: () => {} }));
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/not encrypted/) });
  });

  test('of something that is no GGUF file is given up at its first bytes', async () => {
    const plan = { id: 'm', name: 'M', parts: [{ name: 'm.gguf', url: `${world.current.baseUrl}m.gguf` }] };
    const store = storeOn(disk);
    expect(await failure(store.ensure(plan, { onProgress: () => {} }))).toMatchObject({ code: 'bad-file' });
    expect([...disk.files.keys()]).toEqual(['m.model']);
  });

  test.each([401, 403])('that is not for everyone (%i) says what to do', async (status) => {
    server.faults.push({ status });
    const error = await failure(ensure(storeOn(disk)));
    expect(error).toMatchObject({ code: 'not-allowed', message: expect.stringMatching(/enter an access token/) });
    expect(waits).toEqual([]);
  });
});
