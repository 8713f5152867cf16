import { beforeEach, describe, expect, test } from 'vitest';
import type { FakeOpfs } from '../../tests/fake-opfs.ts';
import { content, failure, stored, useStore } from '../../tests/store-fixture.ts';
import type { ModelStore } from './model-store.ts';
import { type AheadEvents, AheadReader, type AheadRequest, type AheadThread, ReadAhead } from './read-ahead.ts';

const MIB = 1 << 20;
const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('what is asked of the thread', () => {
  const asked: AheadRequest[] = [];
  let events: AheadEvents;
  let ended = 0;
  const open = (given: AheadEvents): AheadThread => {
    events = given;
    return { post: (request) => asked.push(request), terminate: () => ended++ };
  };
  beforeEach(() => {
    asked.length = 0;
    ended = 0;
  });

  test('a window beyond what was read, in steps', () => {
    const ahead = new ReadAhead(open, 'a.blob');
    for (const at of [1, 15, 16, 17, 31, 40, 3]) ahead.reached(at * MIB);
    expect(asked).toEqual([{ path: 'a.blob' }, ...[256, 272, 296].map((at) => ({ readTo: at * MIB }))]);
  });

  test('to close, once; it ends when it has', async () => {
    const ahead = new ReadAhead(open, 'a.blob');
    const closing = [ahead.close(), ahead.close()];
    ahead.reached(100 * MIB);
    await turn();
    expect(ended).toBe(0);
    events.onClosed();
    await Promise.all(closing);
    expect(asked.slice(2)).toEqual([{ close: true }]);
    expect(ended).toBe(2);
  });

  test('nothing is waited for of a thread that failed', async () => {
    const ahead = new ReadAhead(open, 'a.blob');
    events.onFailure();
    await ahead.close();
    expect(ended).toBe(1);
  });
});

describe('a stored file', () => {
  const world = useStore();
  let disk: FakeOpfs;
  let store: ModelStore;
  /** Of each thread: what was asked of it. */
  let threads: AheadRequest[][];
  /** Until when threads do nothing. */
  let hold: Promise<void>;

  beforeEach(async () => {
    ({ disk } = world.current);
    threads = [];
    hold = Promise.resolve();
    world.current.openAheadThread = ({ onClosed }) => {
      const asked: AheadRequest[] = [];
      threads.push(asked);
      const reader = new AheadReader(async () => disk.directory(), onClosed);
      const post = (request: AheadRequest): void => {
        asked.push(request);
        void hold.then(() => reader.handle(request));
      };
      return { post, terminate: () => {} };
    };
    store = world.current.store();
    await world.current.ensure(store);
  });
  const readers = () => world.current.blob()!.readers;

  test('is read ahead once somebody says so, by one thread, until it is closed', async () => {
    const { files, close } = await store.source('model-1');
    expect(threads).toEqual([]);
    files[0]!.ahead!();
    files[0]!.ahead!();
    await turn();
    expect(readers()).toBe(2);
    expect(Buffer.from(await files[0]!.read(0, content.length)).equals(Buffer.from(content))).toBe(true);
    close();
    await turn();
    expect(readers()).toBe(0);
    expect(threads).toHaveLength(1);
    expect(threads[0]!.at(-1)).toEqual({ close: true });
  });

  test('is deleted when the thread has closed it', async () => {
    let release = () => {};
    const { files, close } = await store.source('model-1');
    files[0]!.ahead!();
    await turn();
    hold = new Promise((resolve) => (release = resolve));
    close();
    const removal = store.remove('model-1');
    await turn();
    expect(readers()).toBe(1);
    release();
    await removal;
    expect([...disk.files.keys()]).toEqual([]);
  });

  test('that is damaged is found so by whoever reads it, and fetched anew', async () => {
    world.current.blob()!.bytes[100]! ^= 1;
    const { files, close } = await store.source('model-1');
    files[0]!.ahead!();
    expect((await failure(files[0]!.read(0, 1000))).code).toBe('bad-file');
    close();
    await world.current.ensure(store);
    expect((await stored(store)).equals(Buffer.from(content))).toBe(true);
  });

  test.each<[string, () => AheadThread]>([
    [
      'that does not open the file',
      () => {
        disk.operationsLeft = 0;
        return { post: () => {}, terminate: () => {} };
      },
    ],
    [
      'that cannot start',
      () => {
        throw new DOMException('', 'SecurityError');
      },
    ],
  ])('is read without a thread %s', async (_, open) => {
    world.current.openAheadThread = (events) => {
      const thread = open();
      events.onFailure();
      disk.operationsLeft = Infinity;
      return thread;
    };
    store = world.current.store();
    const { files, close } = await store.source('model-1');
    files[0]!.ahead!();
    expect(Buffer.from(await files[0]!.read(0, content.length)).equals(Buffer.from(content))).toBe(true);
    close();
    await store.remove('model-1');
    expect([...disk.files.keys()]).toEqual([]);
  });
});

test('the thread goes on where the file is open to one alone, reads no further than asked, and stops to close', async () => {
  const reads: number[] = [];
  const file = {
    size: () => 40 * MIB,
    read: (into: Uint8Array, at: number) => (reads.push(at), Math.min(into.length, 40 * MIB - at)),
    close: () => reads.push(-1),
  };
  const directory = (opens: boolean) => async () =>
    ({ open: async () => (opens ? file : Promise.reject(new Error('in use'))) }) as never;
  let closed = 0;
  const shut = new AheadReader(directory(false), () => closed++);
  for (const request of [{ path: 'a' }, { readTo: 9 }, { close: true } as const]) shut.handle(request);
  await turn();
  expect([reads, closed]).toEqual([[], 1]);

  const reader = new AheadReader(directory(true), () => closed++);
  for (const request of [{ path: 'a' }, { readTo: 6 * MIB }]) reader.handle(request);
  await turn();
  expect(reads).toEqual([0, 4 * MIB]);
  reader.handle({ readTo: 400 * MIB });
  await Promise.resolve();
  reader.handle({ close: true });
  await turn();
  expect(reads.at(-1)).toBe(-1);
  expect(reads.length).toBeLessThan(6);
  expect(closed).toBe(2);
});
