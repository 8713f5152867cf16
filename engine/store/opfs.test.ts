import { afterEach, expect, test, vi } from 'vitest';
import { FakeOpfs } from '../../tests/fake-opfs.ts';
import { ModelStore } from './model-store.ts';
import { opfsDirectory } from './opfs.ts';

afterEach(() => vi.unstubAllGlobals());

test('no OPFS: says what to do', async () => {
  vi.stubGlobal('navigator', {});
  await expect(ModelStore.open({ baseUrl: 'https://app.invalid/' })).rejects.toMatchObject({
    code: 'storage',
    message: expect.stringMatching(/Use a current browser and open the page over https/),
  });
});

test('OPFS refused, as in some private windows: says what to do', async () => {
  const getDirectory = () => Promise.reject(new DOMException('denied', 'SecurityError'));
  vi.stubGlobal('navigator', { storage: { getDirectory } });
  await expect(ModelStore.open({ baseUrl: 'https://app.invalid/' })).rejects.toMatchObject({
    code: 'storage',
    message: expect.stringMatching(/denied.*use a normal window/),
  });
});

test('files: absent ones, short reads, a disk without room', async () => {
  const disk = new FakeOpfs();
  const directory = disk.directory();
  expect(await directory.size('a')).toBe(undefined);
  expect(await directory.readText('a')).toBe(undefined);
  await directory.remove('a');
  await expect(directory.open('a', 'read')).rejects.toMatchObject({ code: 'storage' });

  const file = await directory.open('a', 'write');
  file.write(new TextEncoder().encode('hello'), 0);
  const into = new Uint8Array(8);
  expect(file.read(into, 3)).toBe(2);
  expect(new TextDecoder().decode(into.subarray(0, 2))).toBe('lo');
  await expect(directory.open('a', 'read')).rejects.toMatchObject({ message: expect.stringMatching(/in use/) });
  disk.quota = 6;
  expect(() => file.write(new Uint8Array(2), 5)).toThrow(/a cannot be written: the storage is full/);
  file.close();
  expect(await directory.readText('a')).toBe('hello');
  expect(await directory.names()).toEqual(['a']);
});

test('a browser without synchronous files, or with ones that it refuses: says what to do', async () => {
  for (const createSyncAccessHandle of [
    undefined,
    () => Promise.reject(new DOMException('no backend', 'NotSupportedError')),
  ]) {
    const files = { getFileHandle: async () => ({ createSyncAccessHandle }) };
    const directory = opfsDirectory(files as unknown as FileSystemDirectoryHandle);
    await expect(directory.open('a', 'write')).rejects.toMatchObject({
      code: 'storage',
      message: expect.stringMatching(/fast enough for a model \((createSync|no backend).*use another one/),
    });
  }
});
