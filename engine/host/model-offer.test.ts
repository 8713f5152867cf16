import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { POCKET } from '../../tests/fidelity/pocket.ts';
import { FileServer } from '../../tests/file-server.ts';
import { writeGguf } from '../../tests/gguf-writer.ts';
import { codeOf, findModel, HostFixture } from '../../tests/host-fixture.ts';
import { PHONE } from '../gpu/memory.ts';
import type { LocalLLMError } from '../protocol/errors.ts';

const content = readFileSync(POCKET);
const COMMIT = 'c'.repeat(40);
const LIST = '/api/models/owner/New-GGUF/revision/main?blobs=true';
const REPOSITORY = {
  sha: COMMIT,
  cardData: { license: 'apache-2.0' },
  siblings: [
    ['New-Q4_K_M.gguf', content.length],
    ['New-Q8_0.gguf', 2 * content.length],
    ['mmproj-New-F16.gguf', 100],
    ['README.md', 5],
  ].map(([rfilename, size]) => ({ rfilename, lfs: { sha256: 'd'.repeat(64), size } })),
};
let server: FileServer;
let at: HostFixture;
beforeEach(async () => {
  server = new FileServer(content);
  const url = await server.start();
  at = new HostFixture();
  at.device = PHONE;
  // The hub, and every other host: all on one machine.
  at.fetch = async (input, init) => {
    const { href } = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(href.replace(/^https:\/\/[^/]+\//, url), init);
    return new Response(response.body, response); // which does not say where it comes from
  };
});
afterEach(() => server.stop());
const inspect = (source: string, quantization?: string) => at.connect('a').inspectModel(source, quantization);

test('a repository: its quantizations, its licence, and whether the file fits, by its header', async () => {
  server.paths.set(LIST, { json: REPOSITORY });
  await at.connect('a').setHubToken('hf_secret');
  expect(await inspect('https://huggingface.co/owner/New-GGUF')).toMatchObject({
    id: 'new-q4_k_m',
    name: 'New',
    license: 'apache-2.0',
    kind: 'model',
    quantization: 'Q4_K_M',
    bytes: content.length,
    quantizations: [
      { name: 'Q4_K_M', bytes: content.length },
      { name: 'Q8_0', bytes: 2 * content.length },
    ],
    trainedContextTokens: 2048,
  });
  expect(server.requests).toEqual([
    { path: LIST, range: undefined, ifRange: undefined, authorization: 'Bearer hf_secret' },
    {
      path: `/owner/New-GGUF/resolve/${COMMIT}/New-Q4_K_M.gguf`,
      range: 'bytes=0-1048575',
      ifRange: undefined,
      authorization: 'Bearer hf_secret',
    },
  ]);
  expect(at.store.downloads).toBe(0);
  expect(await codeOf(inspect('owner/New-GGUF', 'Q2_K'))).toBe('bad-argument');
});

test('an address: the token stays at home, a server without Range is broken off', async () => {
  server.ranges = false;
  server.faults.push({ hangAfter: 4 * 1024 * 1024 });
  await at.connect('a').setHubToken('hf_secret');
  const offer = await inspect('https://example.org/files/Mine-Q4_0.gguf');
  expect(offer).toMatchObject({ id: 'mine-q4_0', quantization: 'Q4_0', bytes: content.length, quantizations: [] });
  expect(server.requests).toMatchObject([{ path: '/files/Mine-Q4_0.gguf', authorization: undefined }]);
});

test('an id that is taken: the one that it would get', async () => {
  expect(await inspect('https://example.org/other.gguf')).toMatchObject({ id: 'other-2' });
});

test('an adapter is one, a model that no code here runs says so', async () => {
  server.content = writeGguf({
    metadata: { 'general.type': 'adapter', 'general.architecture': 'llama', 'general.license': 'mit' },
  });
  const adapter = await inspect('https://example.org/style.gguf');
  expect(adapter).toMatchObject({ kind: 'adapter', license: 'mit', bytes: server.content.length });
  expect(adapter).not.toHaveProperty('fit');
  server.content = writeGguf({ metadata: { 'general.architecture': 'marsian', 'marsian.context_length': 4096 } });
  expect(await inspect('https://example.org/mars.gguf')).toMatchObject({
    trainedContextTokens: 4096,
    fit: { verdict: 'wont-fit', reasons: [expect.stringContaining('marsian')] },
  });
});

test.each([
  ['a web page', { instead: new TextEncoder().encode('<html>'), headers: { 'Content-Type': 'text/html' } }, 'network'],
  ['another file', { instead: new TextEncoder().encode('PK...and more of it') }, 'bad-file'],
  ['a gated file', { status: 403 }, 'not-allowed'],
  ['nothing', { status: 404 }, 'network'],
])('%s is refused', async (_, fault, code) => {
  server.faults.push(fault);
  expect(await codeOf(inspect('https://example.org/m.gguf'))).toBe(code);
});

test('a search goes to the hub, with the token', async () => {
  const client = at.connect('a');
  await client.setHubToken('hf_secret');
  expect(await client.hasHubToken()).toBe(true);
  at.fetch = async (input, init) => {
    expect(input instanceof Request ? input.url : String(input)).toMatch(
      /^https:\/\/huggingface\.co\/api\/models\?search=small&filter=gguf/,
    );
    expect(new Headers(init?.headers).get('Authorization')).toBe('Bearer hf_secret');
    return Response.json([{ id: 'owner/Small-GGUF', downloads: 3, likes: 1, gated: false, tags: [] }]);
  };
  expect(await client.searchHub(' small ')).toEqual({
    models: [{ id: 'owner/Small-GGUF', downloads: 3, likes: 1, gated: false }],
  });
  await client.setHubToken('');
  expect(await client.hasHubToken()).toBe(false);
  expect(await codeOf(client.searchHub('x', 'https://evil.example/'))).toBe('bad-argument');
  const page = at.connect('page', false);
  for (const asked of [page.searchHub('x'), page.inspectModel('owner/x'), page.hasHubToken()]) {
    expect(await codeOf(asked)).toBe('not-allowed');
  }
});

test('a token lasts until it is removed, and the store has it', async () => {
  await at.connect('a').setHubToken('hf_secret');
  at.restart();
  server.paths.set(LIST, { json: REPOSITORY });
  const client = at.connect('b');
  expect(await client.hasHubToken()).toBe(true);
  await client.addModel('owner/New-GGUF');
  expect(at.store.tokens.at(-1)).toEqual(['https://huggingface.co', 'hf_secret']);
  expect(JSON.stringify(at.sent)).not.toContain('hf_secret');
});

test('a phone does not begin what its system would end it for', async () => {
  at.store.complete.delete('other');
  at.device = { ...PHONE, budgetBytes: 20_000_000 };
  const client = at.connect('a');
  expect(findModel(await client.models(), 'other').fit?.verdict).toBe('wont-fit');
  const error = await client.load('other').catch((thrown: unknown) => thrown as LocalLLMError);
  expect(error).toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(/^OTHER is too large for this device\. .*GPU memory/),
  });
  expect([at.store.downloads, at.engines.length]).toEqual([0, 0]);
});
