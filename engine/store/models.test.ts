import { beforeEach, describe, expect, test } from 'vitest';
import type { FakeOpfs } from '../../tests/fake-opfs.ts';
import type { FileServer } from '../../tests/file-server.ts';
import { content, failure, noise, planOf, stored, useStore } from '../../tests/store-fixture.ts';
import type { ModelStore } from './model-store.ts';

const world = useStore();
let disk: FakeOpfs;
let server: FileServer;
let baseUrl: string;

beforeEach(() => {
  ({ disk, server, baseUrl } = world.current);
});
const storeOn = (of: FakeOpfs) => world.current.store(of);
const ensure = (store: ModelStore, onProgress?: (bytes: number) => void) => world.current.ensure(store, onProgress);

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
