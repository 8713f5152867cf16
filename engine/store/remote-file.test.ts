import { afterEach, beforeEach, expect, test } from 'vitest';
import { FileServer } from '../../tests/file-server.ts';
import { failure, MIB, noise } from '../../tests/store-fixture.ts';
import { RemoteFile } from './remote-file.ts';

const content = noise(5 * MIB);
let server: FileServer;
let url: URL;
beforeEach(async () => {
  server = new FileServer(content);
  url = new URL('model.gguf', await server.start());
});
afterEach(() => server.stop());

const open = (options: { bytes?: number; signal?: AbortSignal } = {}) =>
  RemoteFile.open(url, { fetch, name: 'model.gguf', signal: new AbortController().signal, ...options });
const equal = (bytes: Uint8Array, start: number, end: number) =>
  expect(Buffer.compare(bytes, content.subarray(start, end))).toBe(0);

test('a beginning is read by Range, in few requests that grow', async () => {
  const file = await open();
  expect(file.size).toBe(content.length);
  equal(await file.read(0, 100), 0, 100);
  equal(await file.read(MIB - 10, 20), MIB - 10, MIB + 10);
  equal(await file.read(3 * MIB, 100), 3 * MIB, 3 * MIB + 100);
  expect(server.requests.map(({ range }) => range)).toEqual([
    'bytes=0-1048575',
    'bytes=1048576-2097151',
    'bytes=2097152-4194303',
  ]);
  equal(await file.read(content.length - 5, 5), content.length - 5, content.length);
  expect(await file.read(content.length - 5, 100)).toHaveLength(5);
  expect((await failure(file.read(content.length, 1))).code).toBe('bad-file');
  file.close();
});

test.each([true, false])(
  'a server without Range sends it whole, and is broken off (it tells the length: %s)',
  async (lengths) => {
    Object.assign(server, { ranges: false, lengths });
    server.faults.push({ hangAfter: 2 * MIB });
    const file = await open();
    equal(await file.read(0, 2 * MIB), 0, 2 * MIB);
    expect(file.size).toBe(lengths ? content.length : Number.MAX_SAFE_INTEGER);
    file.close();
    expect(server.requests).toHaveLength(1);
  },
);

test('what is refused says why', async () => {
  server.faults.push({ status: 401 });
  expect(await failure(open())).toMatchObject({ code: 'not-allowed', message: expect.stringMatching(/access token/) });
  server.faults.push({ status: 429 });
  expect(await failure(open())).toMatchObject({ code: 'network', message: expect.stringMatching(/answered 429/) });
  server.faults.push({ instead: new TextEncoder().encode('<html>'), headers: { 'Content-Type': 'text/html' } });
  expect(await failure(open())).toMatchObject({ code: 'network', message: expect.stringMatching(/a web page/) });
  server.faults.push({ cutAfter: 10 });
  expect((await failure(open().then((file) => file.read(0, 100)))).code).toBe('network');
  expect((await failure((await open()).read(65 * MIB, 1))).code).toBe('not-supported');
  const stop = new AbortController();
  server.faults.push({ hangAfter: 10 });
  const stopped = failure(open({ signal: stop.signal }));
  stop.abort();
  expect((await stopped).code).toBe('aborted');
});
