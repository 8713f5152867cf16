/**
 * A process that dies at any operation on the disk, with any part of what was not flushed lost, leaves what the next one goes on from.
 * Hundreds of deaths by chance, over downloads, copies, deletions and damaged parts.
 *
 * @module
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FakeOpfs } from '../../tests/fake-opfs.ts';
import { FileServer } from '../../tests/file-server.ts';
import { noise, planOf, sha256Of, stored } from '../../tests/store-fixture.ts';
import { ModelStore } from './model-store.ts';
import type { ModelPlan } from './plan.ts';

const PIECE = 4096;
const bytesOf = (length: number): Uint8Array => new Uint8Array([0x47, 0x47, 0x55, 0x46, ...noise(length)]);
const content = bytesOf(90_000);
/** What the server has instead now and then, of the same length. */
const changed = content.map((byte, at) => (at < 4 ? byte : byte ^ 0x5a));
const other = bytesOf(30_000);

let server: FileServer;
let url: string;
beforeEach(async () => {
  server = new FileServer(content);
  url = `${await server.start()}model.gguf`;
});
afterEach(() => server.stop());

function randomFrom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
    return state / 2 ** 32;
  };
}

function serve(version: Uint8Array): void {
  server.content = version;
  server.etag = version === content ? '"1"' : '"2"';
}

function storeOn(disk: FakeOpfs): ModelStore {
  return new ModelStore(
    disk.directory(),
    {
      fetch,
      sleep: () => new Promise((resolve) => setImmediate(resolve)),
      online: async () => {},
      estimate: async () => undefined,
      locks: undefined,
      openVerifierThread: undefined,
      random: () => 0.5,
      now: () => performance.now(),
    },
    { baseUrl: url, segmentBytes: 4 * PIECE, pieceBytes: PIECE },
  );
}

/** What one process does before it dies, or to its end. */
async function live(store: ModelStore, plans: readonly ModelPlan[]): Promise<void> {
  await store.sweep();
  const file = new File([other.slice()], 'other.gguf');
  await Promise.all([
    ...plans.map((plan) => store.ensure(plan, { onProgress: () => {} })),
    store.list().then(async (models) => {
      if (!models.some(({ id }) => id === 'copy')) {
        await store.import({ id: 'copy', name: 'Copy' }, [file], { onProgress: () => {} });
      }
    }),
  ]);
}

/** Whatever counts as stored is right: never a mixture of versions. */
async function expectSound(disk: FakeOpfs): Promise<void> {
  const store = storeOn(disk);
  for (const { id } of (await store.list()).filter(({ complete }) => complete)) {
    const right = { copy: [other], pinned: [content] }[id] ?? [content, changed];
    expect(right.map(sha256Of)).toContain(sha256Of(await stored(store, id)));
  }
}

test('300 lives, each cut short anywhere', async () => {
  const pinned = planOf(content, url, 'pinned');
  const unpinned: ModelPlan = { id: 'unpinned', name: 'Unpinned', parts: [{ name: 'model.gguf', url }] };
  let deaths = 0;
  for (let seed = 1; deaths < 300; seed++) {
    const random = randomFrom(seed);
    let disk = new FakeOpfs();
    for (let life = 0; life < 4; life++) {
      disk.operationsLeft = Math.floor(random() * 220);
      serve(random() < 0.3 ? changed : content);
      await live(storeOn(disk), random() < 0.5 ? [pinned] : [pinned, unpinned]).catch(() => {}); // killed
      deaths++;
      await new Promise((resolve) => setImmediate(resolve));
      disk = disk.afterCrash(random);
      await expectSound(disk);
      if (random() < 0.2) await storeOn(disk).remove(random() < 0.5 ? 'pinned' : 'copy');
    }
    const store = storeOn(disk);
    serve(content);
    await live(store, [pinned, unpinned]);
    await expectSound(disk);
    expect((await store.list()).map(({ id, complete }) => [id, complete])).toEqual([
      ['copy', true],
      ['pinned', true],
      ['unpinned', true],
    ]);
    // Nothing is left over, and what two models share lies there once.
    await store.sweep();
    const blobs = [...disk.files.keys()].filter((name) => name.endsWith('.blob'));
    const keys = new Set(blobs.map((name) => name.replace('.blob', '')));
    expect(disk.files.size).toBe(3 + 3 * keys.size);
  }
}, 120_000);

test('a disk that fills up at any byte keeps what is there', async () => {
  const plan = planOf(content, url, 'pinned');
  for (let seed = 1; seed <= 40; seed++) {
    const random = randomFrom(seed);
    const disk = new FakeOpfs();
    disk.quota = Math.floor(random() * content.length);
    const error: unknown = await storeOn(disk)
      .ensure(plan, { onProgress: () => {} })
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'storage-full' });
    await expectSound(disk);
    disk.quota = Infinity;
    await storeOn(disk).ensure(plan, { onProgress: () => {} });
    await expectSound(disk);
    expect((await storeOn(disk).list())[0]).toMatchObject({ complete: true });
  }
});
