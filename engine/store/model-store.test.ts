import { beforeEach, describe, expect, test } from 'vitest';
import type { FakeOpfs } from '../../tests/fake-opfs.ts';
import type { FileServer } from '../../tests/file-server.ts';
import { content, failure, noise, planOf, stored, useStore } from '../../tests/store-fixture.ts';
import type { LocalLLMError } from '../protocol/errors.ts';
import type { ModelStore } from './model-store.ts';

const world = useStore();
let disk: FakeOpfs;
let server: FileServer;
let baseUrl: string;

beforeEach(() => {
  ({ disk, server, baseUrl } = world.current);
});
const storeOn = (of: FakeOpfs) => world.current.store(of);
const ensure = (store: ModelStore, onProgress?: (bytes: number) => void, signal?: AbortSignal) =>
  world.current.ensure(store, onProgress, signal);

describe('two at once', () => {
  test('in one store share one request', async () => {
    const store = storeOn(disk);
    await Promise.all([ensure(store), ensure(store), ensure(store)]);
    expect(server.requests.length).toBe(1);
  });

  test('in two tabs wait for each other by Web Locks', async () => {
    world.current.locks = navigator.locks;
    await Promise.all([ensure(storeOn(disk)), ensure(storeOn(disk))]);
    expect(server.requests.length).toBe(1);
    expect(await storeOn(disk).list()).toMatchObject([{ id: 'model-1', bytes: content.length, complete: true }]);
  });

  test('a cancelled wait for the other tab ends as aborted', async () => {
    world.current.locks = navigator.locks;
    server.faults.push({ hangAfter: 600_000 });
    const stopFirst = new AbortController();
    const stopSecond = new AbortController();
    let second: Promise<LocalLLMError> | undefined;
    const first = failure(
      ensure(
        storeOn(disk),
        (bytes) => {
          if (bytes === 0 || second) return;
          second = failure(ensure(storeOn(disk), undefined, stopSecond.signal));
          setImmediate(() => stopSecond.abort());
          void second.then(() => stopFirst.abort());
        },
        stopFirst.signal,
      ),
    );
    expect((await first).code).toBe('aborted');
    expect((await second)?.code).toBe('aborted');
    expect(server.requests.length).toBe(1);
  });

  test('without locks the second tab is told that the file is in use', async () => {
    server.faults.push({ hangAfter: 600_000 });
    const stop = new AbortController();
    let other: Promise<LocalLLMError> | undefined;
    const first = failure(
      ensure(
        storeOn(disk),
        (bytes) => {
          if (bytes > 0) other ??= failure(ensure(storeOn(disk))).finally(() => stop.abort());
        },
        stop.signal,
      ),
    );
    await first;
    expect(await other).toMatchObject({ code: 'storage', message: expect.stringMatching(/in use by another tab/) });
  });
});

describe('a full disk', () => {
  test('is found before the first byte is asked for', async () => {
    disk.quota = 500_000;
    const error = await failure(ensure(storeOn(disk)));
    expect(error).toMatchObject({ code: 'storage-full', details: { requested: 700_000 } });
    expect(error.message).toMatch(/Model needs 0\.7 MB more and 0\.5 MB are available/);
    expect(server.requests).toEqual([]);
  });

  test('on the way keeps what is there', async () => {
    const full = (bytes: number) => bytes > 0 && (disk.quota = 500_000);
    const error = await failure(ensure(storeOn(disk), full));
    expect(error.code).toBe('storage-full');
    expect(error.message).toMatch(/needs 0\.\d MB more and 0\.\d MB are available/);
    const [partial] = await storeOn(disk).list();
    expect(partial?.bytes).toBeGreaterThan(0);
    disk.quota = Infinity;
    await ensure(storeOn(disk));
    expect(server.requests[1]?.range).toBe(`bytes=${partial?.bytes}-`);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });
});

describe('what is stored', () => {
  const weights = () => world.current.blob();

  const last = content.length - (content.length % 65_536);

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>, string]>([
    ['cut', (bytes) => bytes.slice(0, -1), `bytes=${content.length - 1}-`],
    ['emptied', () => new Uint8Array(), 'none'],
    ['overwritten at its start', (bytes) => bytes.fill(0, 0, 100), 'bytes=0-65535'],
    ['overwritten at its end', (bytes) => bytes.fill(0, -100), `bytes=${last}-`],
    ['changed by one bit', (bytes) => bytes.fill(bytes[100_000]! ^ 4, 100_000, 100_001), 'bytes=65536-131071'],
  ])('and then %s is refused, and only what is damaged is fetched again', async (_, damage, range) => {
    const store = storeOn(disk);
    await ensure(store);
    const file = weights();
    if (file) file.bytes = damage(file.bytes);
    expect((await failure(stored(store))).code).toBe('bad-file');
    await ensure(store);
    expect(server.requests.slice(1).map((request) => request.range ?? 'none')).toEqual([range]);
    expect((await stored(store)).equals(content)).toBe(true);
  });

  test('with damaged sums is hashed again, and nothing is fetched', async () => {
    const store = storeOn(disk);
    await ensure(store);
    world.current.blob('sums')?.bytes.fill(9, 5, 6);
    expect((await failure(stored(store))).code).toBe('bad-file');
    await ensure(store);
    expect(server.requests).toHaveLength(1);
    expect((await stored(store)).equals(content)).toBe(true);
  });

  test('is read right at any place, in any order', async () => {
    const store = storeOn(disk);
    await ensure(store);
    const source = await store.source('model-1');
    const [file] = source.files;
    let state = 3;
    const random = (below: number) => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) % below;
    const into = new Uint8Array(200_000);
    for (let i = 0; i < 200; i++) {
      const at = random(content.length);
      const length = random(Math.min(200_000, content.length - at) + 1);
      const bytes = await file!.read(at, length, i % 2 ? into : undefined);
      expect(Buffer.from(bytes).equals(content.subarray(at, at + length))).toBe(true);
    }
    source.close();
  });

  test('gives way to another version in the catalogue', async () => {
    const store = storeOn(disk);
    await ensure(store);
    const next = noise(600_000).reverse();
    server.content = next;
    await store.ensure(planOf(next, `${baseUrl}model.gguf`), { onProgress: () => {} });
    expect((await stored(store)).equals(next)).toBe(true);
  });

  test('is deleted whole, in part, while it arrives, but not while it is open', async () => {
    const store = storeOn(disk);
    await ensure(store);
    const file = await store.source('model-1');
    expect((await failure(store.remove('model-1'))).code).toBe('invalid-state');
    file.close();
    await store.remove('model-1');
    expect([...disk.files.keys()]).toEqual([]);
    await store.remove('model-1');

    server.faults.push({ hangAfter: 600_000 });
    let removed: Promise<void> | undefined;
    const removeOnce = (bytes: number) => {
      if (bytes > 0) removed ??= store.remove('model-1');
    };
    const error = await failure(ensure(store, removeOnce));
    expect(error.code).toBe('aborted');
    const again = ensure(store);
    await removed;
    await again;
    expect((await stored(store)).equals(content)).toBe(true);
  });
});

describe('a crash', () => {
  test('in the middle leaves what was journaled, and a torn line leaves the one before', async () => {
    const large = noise(20 * 1024 * 1024);
    const largePlan = planOf(large, `${baseUrl}model.gguf`);
    server.content = large;
    server.faults.push({ hangAfter: 12 * 1024 * 1024 });
    const stop = new AbortController();
    let crashed: FakeOpfs | undefined;
    const onProgress = (bytes: number) => {
      if (bytes < 10 * 1024 * 1024) return;
      crashed ??= disk.afterCrash();
      stop.abort();
    };
    await failure(storeOn(disk).ensure(largePlan, { onProgress, signal: stop.signal }));
    const after = crashed as unknown as FakeOpfs;
    const journal = world.current.blob('journal', after);
    if (journal) journal.bytes = new Uint8Array([...journal.bytes, ...new TextEncoder().encode('\n{"format":2,"by')]);
    const [partial] = await storeOn(after).list();
    expect(partial?.bytes).toBeGreaterThanOrEqual(8 * 1024 * 1024);
    await storeOn(after).ensure(largePlan, { onProgress: () => {} });
    expect(server.requests[1]?.range).toBe(`bytes=${partial?.bytes}-`);
    expect((await stored(storeOn(after))).equals(large)).toBe(true);
    expect(await storeOn(after.afterCrash()).list()).toMatchObject([
      { id: 'model-1', bytes: large.length, complete: true },
    ]);
  });

  test('between the last byte and the commit needs no server', async () => {
    await ensure(storeOn(disk));
    const journal = world.current.blob('journal');
    const lines = new TextDecoder().decode(journal?.bytes).trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/"complete"/);
    if (journal) journal.bytes = new TextEncoder().encode(`${lines.slice(0, -1).join('\n')}\n`);
    expect(await storeOn(disk).list()).toMatchObject([{ id: 'model-1', bytes: content.length, complete: false }]);
    await ensure(storeOn(disk));
    expect(server.requests.length).toBe(1);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('that left a damaged partial file costs the damaged piece', async () => {
    server.faults.push({ cutAfter: 300_000 }, ...Array.from({ length: 8 }, () => ({ status: 500 })));
    await failure(ensure(storeOn(disk)));
    world.current.blob()?.bytes.fill(7, 1000, 1010);
    const before = server.requests.length;
    await ensure(storeOn(disk));
    expect(server.requests.slice(before).map(({ range }) => range)).toContain('bytes=0-65535');
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });
});
