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

const gguf = (length: number, seed = 0) =>
  new Uint8Array([0x47, 0x47, 0x55, 0x46, ...noise(length).map((byte) => byte ^ seed)]);
const quiet = { onProgress: () => {} };
const blobs = () => [...disk.files.keys()].filter((name) => name.endsWith('.blob'));

describe('local files', () => {
  test('are copied, hashed, read back, handed out again, and go with their model', async () => {
    const bytes = gguf(300_000);
    const store = storeOn(disk);
    const progress: (number | undefined)[][] = [];
    const onProgress = (...of: (number | undefined)[]) => progress.push(of);
    await store.import({ id: 'copy', name: 'Copy' }, [new File([bytes], 'my.gguf')], { onProgress });
    expect(progress.at(-1)).toEqual([bytes.length, bytes.length]);
    expect((await stored(store, 'copy')).equals(bytes)).toBe(true);
    expect(await store.list()).toMatchObject([{ id: 'copy', name: 'Copy', complete: true, bytes: bytes.length }]);
    const [out] = await store.files('copy');
    expect(out?.name).toBe('my.gguf');
    expect(Buffer.from(await out!.file.arrayBuffer()).equals(bytes)).toBe(true);
    await store.remove('copy');
    expect([...disk.files.keys()]).toEqual([]);
  });

  test('several make one model, in their order', async () => {
    const parts = [gguf(100_000, 1), gguf(50_000, 2)];
    const files = parts.map((part, index) => new File([part], `m-0000${index + 1}-of-00002.gguf`));
    const store = storeOn(disk);
    await store.import({ id: 'split', name: 'Split' }, files, quiet);
    const { files: opened, close } = await store.source('split');
    expect(opened.map(({ name, size }) => [name, size])).toEqual([
      ['m-00001-of-00002.gguf', 100_004],
      ['m-00002-of-00002.gguf', 50_004],
    ]);
    close();
    expect((await stored(store, 'split')).equals(Buffer.concat(parts))).toBe(true);
  });

  test.each<[string, () => File[], string]>([
    ['that are no GGUF files', () => [new File([noise(1000)], 'a.gguf')], 'bad-file'],
    ['that are empty', () => [new File([], 'a.gguf')], 'bad-file'],
    ['one of which is none', () => [new File([gguf(1000)], 'a.gguf'), new File([noise(9)], 'b.gguf')], 'bad-file'],
    [
      'that went away meanwhile',
      () => {
        const gone = new File([gguf(5_000_000)], 'a.gguf');
        const slice = gone.slice.bind(gone);
        gone.slice = (from = 0, to) => {
          if (from === 0) return slice(from, to);
          return Object.assign(slice(0, 1), {
            arrayBuffer: () => Promise.reject(new DOMException('', 'NotFoundError')),
          });
        };
        return [gone];
      },
      'storage',
    ],
  ])('%s leave nothing behind', async (_, files, code) => {
    const store = storeOn(disk);
    expect((await failure(store.import({ id: 'a', name: 'A' }, files(), quiet))).code).toBe(code);
    expect([...disk.files.keys()]).toEqual([]);
  });

  test('a copy can be stopped, one without room is not begun, an id is used once', async () => {
    const store = storeOn(disk);
    const big = new File([gguf(9_000_000)], 'a.gguf');
    const stopped = failure(store.import({ id: 'a', name: 'A' }, [big], { onProgress: () => void store.pause('a') }));
    expect((await stopped).code).toBe('aborted');
    expect([...disk.files.keys()]).toEqual([]);
    disk.quota = 1_000_000;
    expect((await failure(store.import({ id: 'a', name: 'A' }, [big], quiet))).code).toBe('storage-full');
    expect([...disk.files.keys()]).toEqual([]);
    disk.quota = Infinity;
    await store.import({ id: 'a', name: 'A' }, [new File([gguf(100)], 'a.gguf')], quiet);
    expect((await failure(store.import({ id: 'a', name: 'A' }, [big], quiet))).code).toBe('bad-argument');
  });

  test('damaged on disk cannot be fetched: the model stays and says so', async () => {
    const store = storeOn(disk);
    await store.import({ id: 'a', name: 'A' }, [new File([gguf(100_000)], 'a.gguf')], quiet);
    world.current.blob()?.bytes.fill(1, 70_000, 70_001);
    expect((await failure(stored(store, 'a'))).code).toBe('bad-file');
    expect(await store.mend('a')).toBe(true);
    await store.sweep();
    expect(await store.list()).toMatchObject([{ id: 'a', complete: false }]);
    expect((await failure(store.source('a'))).code).toBe('invalid-state');
  });
});

describe('models that share a file', () => {
  test('by its pin: it is fetched once, kept while one has it, and counted from the records', async () => {
    const store = storeOn(disk);
    await store.ensure(planOf(content, `${baseUrl}a.gguf`, 'one'), quiet);
    await store.ensure(planOf(content, `${baseUrl}b.gguf`, 'two'), quiet);
    expect(server.requests).toHaveLength(1);
    expect(blobs()).toHaveLength(1);
    const source = await store.source('two');
    await store.remove('one'); // though the file is open: the other model has it
    source.close();
    expect((await stored(store, 'two')).equals(content)).toBe(true);
    await store.remove('two');
    expect([...disk.files.keys()]).toEqual([]);
  });

  test('by the hash that it turns out to have', async () => {
    const bytes = gguf(200_000);
    server.content = bytes;
    const store = storeOn(disk);
    await store.import({ id: 'copy', name: 'Copy' }, [new File([bytes], 'my.gguf')], quiet);
    const url = `${baseUrl}m.gguf`;
    await store.ensure({ id: 'unpinned', name: 'U', parts: [{ name: 'm.gguf', url }] }, quiet);
    expect(blobs()).toHaveLength(1);
    await store.ensure(planOf(bytes, url, 'pinned'), quiet);
    expect(blobs()).toHaveLength(1);
    expect(server.requests).toHaveLength(1);
    for (const id of ['copy', 'unpinned', 'pinned']) expect((await stored(store, id)).equals(bytes)).toBe(true);
  });
});

describe('a split model', () => {
  const plan = () => {
    const whole = planOf(content, `${baseUrl}m-00001-of-00002.gguf`);
    const [part] = whole.parts;
    return { ...whole, parts: [part!, { ...part!, name: 'b', url: `${baseUrl}b.gguf`, sha256: 'f'.repeat(64) }] };
  };

  test('counts all its parts, before the first byte and on the way', async () => {
    disk.quota = 1_000_000;
    const error = await failure(storeOn(disk).ensure(plan(), quiet));
    expect(error).toMatchObject({
      code: 'storage-full',
      details: { requested: 1_400_000, quota: 1_000_000 - disk.usage },
    });
    expect(server.requests).toEqual([]);
    disk.quota = Infinity;
    const totals: (number | undefined)[] = [];
    const ended = await failure(
      storeOn(disk).ensure(plan(), { onProgress: (bytes, total) => totals.push(bytes, total) }),
    );
    expect(ended.code).toBe('hash-mismatch'); // the second part is not what it was pinned to
    expect(Math.max(...totals.map((total) => total ?? 0))).toBe(1_400_000);
    expect(await storeOn(disk).list()).toMatchObject([
      { parts: 2, bytes: 700_000, totalBytes: 1_400_000, complete: false },
    ]);
  });
});

describe('a model', () => {
  test('is renamed, and keeps that over a new start', async () => {
    const store = storeOn(disk);
    await ensure(store);
    await store.rename('model-1', 'My own');
    await ensure(store);
    expect(await storeOn(disk).list()).toMatchObject([{ name: 'My own', license: 'MIT' }]);
    expect((await failure(store.rename('nothing', 'x'))).code).toBe('bad-argument');
  });

  test('that is paused keeps its bytes; whoever waits hears of it; the speed is told meanwhile', async () => {
    server.faults.push({ hangAfter: 400_000 });
    const store = storeOn(disk);
    const arrived = Promise.withResolvers<void>();
    const first = failure(ensure(store, (bytes) => bytes > 0 && arrived.resolve()));
    const second = failure(ensure(store));
    await arrived.promise;
    expect(await store.list()).toMatchObject([{ complete: false, running: { bytesPerSecond: expect.any(Number) } }]);
    await store.pause('model-1');
    expect([(await first).code, (await second).code]).toEqual(['aborted', 'aborted']);
    const [paused] = await store.list();
    expect(paused).not.toHaveProperty('running');
    await ensure(store);
    expect(server.requests[1]?.range).toBe(`bytes=${paused!.bytes}-`);
  });

  test('leaves nothing that is not named: what lies around is swept, what another tab writes is not', async () => {
    world.current.locks = navigator.locks;
    const store = storeOn(disk);
    await ensure(store);
    const other = disk.directory();
    for (const name of ['torn.model', 'old.gguf', 'old.journal', 'new-1.blob', 'new-1.sums'])
      (await other.open(name, 'write')).close();
    const held = Promise.withResolvers<void>();
    const locked = navigator.locks.request('localllm-blob:busy', () => held.promise);
    (await other.open('busy.blob', 'write')).close();
    await store.sweep();
    expect([...disk.files.keys()].filter((name) => !/^[0-9a-f]{64}\./.test(name)).sort()).toEqual([
      'busy.blob',
      'model-1.model',
    ]);
    held.resolve();
    await locked;
    await store.sweep();
    expect(disk.files.has('busy.blob')).toBe(false);
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
