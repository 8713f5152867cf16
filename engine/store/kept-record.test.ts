import * as v from 'valibot';
import { expect, test } from 'vitest';
import { FakeOpfs } from '../../tests/fake-opfs.ts';
import { KeptRecord } from './kept-record.ts';

const Schema = v.object({ count: v.fallback(v.number(), 0), text: v.optional(v.string()) });

/** One tab's view of the record. */
function tab(disk: FakeOpfs) {
  let last: Promise<unknown> = Promise.resolve();
  return new KeptRecord(disk.directory(), 'preferences', Schema, async (act) => {
    const done = last.then(act);
    last = done.catch(() => {});
    return done;
  });
}
const sizes = (disk: FakeOpfs) => [...disk.files.values()].map(({ bytes }) => bytes.length);

test('what was written is read, by another tab as well', async () => {
  const disk = new FakeOpfs();
  expect(await tab(disk).read()).toBeUndefined();
  await tab(disk).change((now) => ({ count: (now?.count ?? 0) + 1 }));
  await tab(disk).change((now) => ({ count: (now?.count ?? 0) + 1 }));
  expect(await tab(disk).read()).toEqual({ count: 2 });
});

test('changes at once are made one after another', async () => {
  const record = tab(new FakeOpfs());
  await Promise.all(Array.from({ length: 5 }, () => record.change((now) => ({ count: (now?.count ?? 0) + 1 }))));
  expect(await record.read()).toEqual({ count: 5 });
});

test('does not grow without end', async () => {
  const disk = new FakeOpfs();
  const text = 'x'.repeat(60_000);
  for (let count = 1; count <= 30; count++) await tab(disk).change(() => ({ count, text }));
  expect(await tab(disk).read()).toEqual({ count: 30, text });
  expect(Math.max(...sizes(disk))).toBeLessThan(400_000);
});

test('a crash at any operation leaves the record before it or the one after', async () => {
  const text = 'x'.repeat(90_000);
  for (let operations = 1; operations < 24; operations++) {
    let disk = new FakeOpfs();
    for (const count of [1, 2, 3]) await tab(disk).change(() => ({ count, text }));
    disk.operationsLeft = operations;
    let done = 3;
    try {
      for (const count of [4, 5]) {
        await tab(disk).change(() => ({ count, text }));
        done = count;
      }
    } catch {
      // killed
    }
    let state = operations;
    disk = disk.afterCrash(() => (state = (state * 16807) % 2147483647) / 2147483647);
    expect([done, done + 1]).toContain((await tab(disk).read())?.count);
    await tab(disk).change((now) => ({ count: now!.count + 10 }));
    expect([done + 10, done + 11]).toContain((await tab(disk).read())?.count);
  }
});

test('what cannot be read just now is not written over', async () => {
  const disk = new FakeOpfs();
  const text = 'x'.repeat(200_000);
  for (const count of [5, 6, 7]) await tab(disk).change(() => ({ count, text })); // of its two files the second is the newer one
  const directory = disk.directory();
  let busy: string | undefined;
  const readText = async (name: string) => (name === busy ? undefined : directory.readText(name));
  const record = new KeptRecord({ ...directory, readText }, 'preferences', Schema, (act) => act());
  for (busy of disk.files.keys()) {
    await expect(record.change(() => ({ count: 1 }))).rejects.toMatchObject({ code: 'storage' });
  }
  busy = undefined;
  expect(await record.change((now) => ({ ...now, count: now!.count + 1 }))).toEqual({ count: 8, text });
});

test('what is damaged becomes a default, and a torn line leaves the one before it', async () => {
  const disk = new FakeOpfs();
  await tab(disk).change(() => ({ count: 7, text: 'kept' }));
  const [file] = [...disk.files.values()];
  const append = (line: string) => {
    file!.bytes = new Uint8Array([...file!.bytes, ...new TextEncoder().encode(line)]);
  };
  append('\n{"number":2,"value":{"count":9');
  expect(await tab(disk).read()).toEqual({ count: 7, text: 'kept' });
  append('\n{"number":2,"value":{"count":"many","text":"kept"}}\n');
  expect(await tab(disk).read()).toEqual({ count: 0, text: 'kept' });
});
