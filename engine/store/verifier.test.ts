import { beforeEach, describe, expect, test } from 'vitest';
import type { FakeOpfs } from '../../tests/fake-opfs.ts';
import { content, failure, stored, useStore } from '../../tests/store-fixture.ts';
import type { ModelStore } from './model-store.ts';
import { pieceSum } from './piece-sums.ts';
import { Verifier, type VerifierEvents, type VerifierRequest, type VerifierThread, VerifierWork } from './verifier.ts';

const MIB = 1 << 20;
const turn = () => new Promise((resolve) => setTimeout(resolve, 10));
const file = { path: 'a.blob', size: 300 * MIB, pieceBytes: MIB, sums: new Uint32Array(300) };

describe('what is asked of the threads', () => {
  /** Of each thread. */
  let asked: VerifierRequest[][];
  let events: VerifierEvents[];
  let ended: number;
  const open = (given: VerifierEvents): VerifierThread => {
    const own: VerifierRequest[] = [];
    asked.push(own);
    events.push(given);
    return { post: (request) => own.push(request), terminate: () => ended++ };
  };
  beforeEach(() => {
    [asked, events] = [[], []];
    ended = 0;
  });

  test('a window beyond what was read, in steps, to the end', async () => {
    const verifier = new Verifier(open, file);
    for (const at of [1, 15, 16, 17, 31, 40, 3, 50, 60]) verifier.reached(at * MIB);
    const steps = [256, 272, 296, 300].map((at) => ({ readTo: at * MIB }));
    expect(asked).toEqual([0, 1].map((first) => [{ open: { ...file, first, of: 2 } }, ...steps]));
    let done = false;
    const finished = verifier.finish().then(() => (done = true));
    events[0]!.onReply({ verifiedTo: 300 * MIB });
    events[1]!.onReply({ verifiedTo: 256 * MIB });
    await turn();
    expect([done, verifier.verifiedTo]).toEqual([false, 256 * MIB]);
    expect(asked.map((own) => own.length)).toEqual([5, 5]);
    events[1]!.onReply({ verifiedTo: 300 * MIB });
    await finished;
    expect(asked.map((own) => own.slice(5))).toEqual([[{ close: true }], [{ close: true }]]);
  });

  test('to close, once; they end when all have, and nobody waits for the rest', async () => {
    const verifier = new Verifier(open, file);
    const finished = verifier.finish();
    const closing = verifier.close();
    const again = verifier.close();
    verifier.reached(100 * MIB);
    await finished;
    events[0]!.onReply({ closed: true });
    await turn();
    expect(ended).toBe(0);
    events[1]!.onReply({ closed: true });
    await Promise.all([closing, again]);
    expect(asked.map((own) => own.slice(3))).toEqual([[{ close: true }], [{ close: true }]]);
    expect(ended).toBe(2);
  });

  test('none, where not all of them start', () => {
    const once = (given: VerifierEvents): VerifierThread => {
      if (asked.length > 0) throw new DOMException('', 'SecurityError');
      return open(given);
    };
    expect(() => new Verifier(once, file)).toThrow(DOMException);
    expect([asked, ended]).toEqual([[[]], 1]);
  });

  test('nothing is waited for once one of them failed', async () => {
    const verifier = new Verifier(open, file);
    events[1]!.onFailure();
    await verifier.finish();
    await verifier.close();
    expect([verifier.failed, ended]).toEqual([true, 2]);
  });
});

describe('a stored file', () => {
  const world = useStore();
  let disk: FakeOpfs;
  let store: ModelStore;
  /** Of each thread: what was asked of it. */
  let threads: VerifierRequest[][];
  /** Until when threads do nothing but open the file. */
  let hold: Promise<void>;
  let opens: boolean;

  beforeEach(async () => {
    ({ disk } = world.current);
    threads = [];
    hold = Promise.resolve();
    opens = true;
    world.current.openVerifierThread = ({ onReply }) => {
      const asked: VerifierRequest[] = [];
      threads.push(asked);
      const directory = async () => (opens ? disk.directory() : Promise.reject(new Error('in use')));
      const work = new VerifierWork(directory, onReply);
      const post = (request: VerifierRequest): void => {
        asked.push(request);
        void ('open' in request ? Promise.resolve() : hold).then(() => work.handle(request));
      };
      return { post, terminate: () => {} };
    };
    store = world.current.store();
    await world.current.ensure(store);
  });
  const readers = () => world.current.blob()!.readers;
  const whole = Buffer.from(content);

  test('is verified by two threads once somebody reads all of it, until it is closed', async () => {
    const { files, close } = await store.source('model-1');
    await files[0]!.settled!();
    expect(threads).toEqual([]);
    files[0]!.ahead!();
    files[0]!.ahead!();
    expect(Buffer.from(await files[0]!.read(0, content.length)).equals(whole)).toBe(true);
    await files[0]!.settled!();
    await turn();
    expect(readers()).toBe(1);
    close();
    await turn();
    expect(readers()).toBe(0);
    expect(threads).toHaveLength(2);
    expect(threads[0]!.at(-1)).toEqual({ close: true });
  });

  test('is deleted when the thread has closed it', async () => {
    let release = () => {};
    const { files, close } = await store.source('model-1');
    hold = new Promise((resolve) => (release = resolve));
    files[0]!.ahead!();
    await turn();
    close();
    const removal = store.remove('model-1');
    await turn();
    expect(readers()).toBe(2);
    release();
    await removal;
    expect([...disk.files.keys()]).toEqual([]);
  });

  test.each<[string, boolean, string]>([
    ['by the thread', true, 'rejected'],
    ['here, where the thread cannot open the file', false, 'fulfilled'],
  ])('that is damaged is found so %s, at the latest when it settles, and is fetched anew', async (_, there, next) => {
    opens = there;
    const { files, close } = await store.source('model-1');
    const [one] = files;
    world.current.blob()!.bytes[content.length - 100]! ^= 1;
    one!.ahead!();
    await one!.read(0, 100_000);
    const error = await failure(one!.settled!());
    expect(error.code).toBe('bad-file');
    expect(error.message).toMatch(/was damaged on disk between bytes \d+ and \d+/);
    expect((await Promise.allSettled([one!.read(0, 10)]))[0].status).toBe(next);
    close();
    await world.current.ensure(store);
    expect((await stored(store)).equals(whole)).toBe(true);
  });

  test('that is cut short while it is read is found so', async () => {
    const { files, close } = await store.source('model-1');
    hold = new Promise(() => {});
    files[0]!.ahead!();
    const blob = world.current.blob()!;
    blob.bytes = blob.bytes.slice(0, 5000);
    expect((await failure(files[0]!.read(0, 100_000))).message).toMatch(/damaged on disk between bytes 0 and 65536/);
    close();
  });

  test.each<[string, (events: VerifierEvents) => VerifierThread]>([
    [
      'that dies',
      ({ onFailure }) => {
        setTimeout(onFailure);
        return { post: () => {}, terminate: () => {} };
      },
    ],
    [
      'that may not start',
      () => {
        throw new DOMException('', 'SecurityError');
      },
    ],
  ])('is verified here beside a thread %s', async (_, open) => {
    world.current.openVerifierThread = open;
    store = world.current.store();
    const { files, close } = await store.source('model-1');
    files[0]!.ahead!();
    expect(Buffer.from(await files[0]!.read(0, content.length)).equals(whole)).toBe(true);
    await files[0]!.settled!();
    close();
    await store.remove('model-1');
    expect([...disk.files.keys()]).toEqual([]);
  });
});

test('a thread verifies its steps no further than asked, and tells of all and the end', async () => {
  const reads: number[] = [];
  const blob = {
    read: (into: Uint8Array, at: number) => (reads.push(at / MIB), into.fill(0), into.length),
    close: () => reads.push(-1),
  };
  const replies: unknown[] = [];
  const work = new VerifierWork(
    async () => ({ open: async () => blob }) as never,
    (reply) => replies.push(reply),
  );
  const sums = new Uint32Array(51).fill(pieceSum(new Uint8Array(MIB)));
  const opened = { ...file, size: 51 * MIB, sums, first: 1, of: 2 };
  for (const request of [{ open: opened }, { readTo: 20 * MIB }]) work.handle(request);
  await expect.poll(() => replies).toEqual([{ verifiedTo: 16 * MIB }]);
  expect(reads).toEqual([16, 17, 18, 19]);
  work.handle({ readTo: 51 * MIB });
  work.handle({ close: true });
  await expect.poll(() => replies.at(-1)).toEqual({ closed: true });
  expect(replies.slice(1, -1)).toEqual([32, 48, 51].map((at) => ({ verifiedTo: at * MIB })));
  expect(reads.slice(4)).toEqual([...Array.from({ length: 12 }, (_, i) => 20 + i), 48, 49, 50, -1]);
});
