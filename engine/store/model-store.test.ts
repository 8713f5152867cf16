import { beforeEach, describe, expect, test } from 'vitest';
import type { FakeOpfs } from '../../tests/fake-opfs.ts';
import type { FileServer } from '../../tests/file-server.ts';
import { content, entry, entryOf, failure, noise, stored, useStore } from '../../tests/store-fixture.ts';
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
    expect(await storeOn(disk).list()).toEqual([{ id: 'model-1', bytes: content.length, complete: true }]);
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
  const weights = () => disk.files.get('model-1.gguf');

  test.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>]>([
    ['cut', (bytes) => bytes.slice(0, -1)],
    ['emptied', () => new Uint8Array()],
    ['overwritten at its start', (bytes) => bytes.fill(0, 0, 100)],
    ['overwritten at its end', (bytes) => bytes.fill(0, -100)],
  ])('and then %s is refused, and downloaded again', async (_, damage) => {
    const store = storeOn(disk);
    await ensure(store);
    const file = weights();
    if (file) file.bytes = damage(file.bytes);
    expect((await failure(store.source(entry.id))).code).toBe('bad-file');
    await ensure(store);
    expect(server.requests.length).toBe(2);
    expect((await stored(store)).equals(content)).toBe(true);
  });

  test('gives way to another version in the catalogue', async () => {
    const store = storeOn(disk);
    await ensure(store);
    const next = noise(600_000).reverse();
    server.content = next;
    await store.ensure(entryOf(next), { baseUrl, onProgress: () => {} });
    expect((await stored(store)).equals(next)).toBe(true);
  });

  test('is deleted whole, in part, while it arrives, but not while it is open', async () => {
    const store = storeOn(disk);
    await ensure(store);
    const file = await store.source(entry.id);
    expect((await failure(store.remove(entry.id))).code).toBe('invalid-state');
    file.close();
    await store.remove(entry.id);
    expect([...disk.files.keys()]).toEqual([]);
    await store.remove(entry.id);

    server.faults.push({ hangAfter: 600_000 });
    let removed: Promise<void> | undefined;
    const removeOnce = (bytes: number) => {
      if (bytes > 0) removed ??= store.remove(entry.id);
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
    const largeEntry = entryOf(large);
    server.content = large;
    server.faults.push({ hangAfter: 12 * 1024 * 1024 });
    const stop = new AbortController();
    let crashed: FakeOpfs | undefined;
    const onProgress = (bytes: number) => {
      if (bytes < 10 * 1024 * 1024) return;
      crashed ??= disk.afterCrash();
      stop.abort();
    };
    await failure(storeOn(disk).ensure(largeEntry, { baseUrl, onProgress, signal: stop.signal }));
    const after = crashed as unknown as FakeOpfs;
    const journal = after.files.get('model-1.journal');
    if (journal) journal.bytes = new Uint8Array([...journal.bytes, ...new TextEncoder().encode('\n{"format":1,"do')]);
    const [partial] = await storeOn(after).list();
    expect(partial?.bytes).toBeGreaterThanOrEqual(8 * 1024 * 1024);
    await storeOn(after).ensure(largeEntry, { baseUrl, onProgress: () => {} });
    expect(server.requests[1]?.range).toBe(`bytes=${partial?.bytes}-`);
    expect((await stored(storeOn(after))).equals(large)).toBe(true);
    expect(await storeOn(after.afterCrash()).list()).toEqual([{ id: 'model-1', bytes: large.length, complete: true }]);
  });

  test('between the last byte and the commit needs no server', async () => {
    await ensure(storeOn(disk));
    const journal = disk.files.get('model-1.journal');
    const lines = new TextDecoder().decode(journal?.bytes).trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(/"marker"/);
    if (journal) journal.bytes = new TextEncoder().encode(`${lines.slice(0, -1).join('\n')}\n`);
    expect(await storeOn(disk).list()).toEqual([{ id: 'model-1', bytes: content.length, complete: false }]);
    await ensure(storeOn(disk));
    expect(server.requests.length).toBe(1);
    expect((await stored(storeOn(disk))).equals(content)).toBe(true);
  });

  test('that left a damaged partial file is found by the hash', async () => {
    server.faults.push({ cutAfter: 300_000 }, ...Array.from({ length: 5 }, () => ({ status: 500 })));
    await failure(ensure(storeOn(disk)));
    disk.files.get('model-1.gguf')?.bytes.fill(7, 1000, 1010);
    expect((await failure(ensure(storeOn(disk)))).code).toBe('hash-mismatch');
    expect([...disk.files.keys()]).toEqual([]);
  });
});
