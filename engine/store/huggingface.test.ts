import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileServer } from '../../tests/file-server.ts';
import { content, failure, planOf, sha256Of, stored, useStore } from '../../tests/store-fixture.ts';
import { choicesOf, choose, findOnHub, type HubFile, parseHubReference, quantizationOf } from './huggingface.ts';
import { findByText } from './sources.ts';

describe('what names a model', () => {
  test.each([
    ['owner/repo', { repo: 'owner/repo', revision: 'main' }],
    ['owner/repo:Q4_K_M', { repo: 'owner/repo', revision: 'main', quantization: 'Q4_K_M' }],
    ['hf.co/owner/repo-GGUF', { repo: 'owner/repo-GGUF', revision: 'main' }],
    ['https://huggingface.co/owner/repo', { repo: 'owner/repo', revision: 'main' }],
    ['https://huggingface.co/owner/repo/tree/v2', { repo: 'owner/repo', revision: 'v2' }],
    [
      'https://huggingface.co/owner/repo/resolve/main/a%20b.gguf?download=true',
      { repo: 'owner/repo', revision: 'main', file: 'a b.gguf' },
    ],
    [
      'https://huggingface.co/owner/repo/blob/abc/dir/a.gguf',
      { repo: 'owner/repo', revision: 'abc', file: 'dir/a.gguf' },
    ],
    [
      'https://huggingface.co/owner/repo/blob/main/100%.gguf',
      { repo: 'owner/repo', revision: 'main', file: '100%.gguf' },
    ],
    ['http://huggingface.co/owner/repo', undefined],
    ['https://huggingface.co.evil.example/owner/repo', undefined],
    ['https://evil.example/?https://huggingface.co/owner/repo', undefined],
    ['../../etc', undefined],
    ['owner', undefined],
  ])('%s', (text, reference) => {
    expect(parseHubReference(text)).toEqual(reference);
  });

  test.each([
    ['model-Q4_K_M.gguf', 'Q4_K_M'],
    ['qwen2.5-0.5b-instruct-q4_0.gguf', 'Q4_0'],
    ['Model.IQ4_XS.gguf', 'IQ4_XS'],
    ['UD/Model-UD-Q4_K_XL-00001-of-00002.gguf', 'UD-Q4_K_XL'],
    ['model-bf16.gguf', 'BF16'],
    ['SmolLM2-135M.gguf', ''],
  ])('the quantization of %s is %j', (path, quantization) => {
    expect(quantizationOf(path)).toBe(quantization);
  });
});

const file = (path: string, bytes = 100): HubFile => ({
  path,
  bytes,
  sha256: sha256Of(new TextEncoder().encode(path)),
});

describe('which file is taken', () => {
  const files = [
    file('m-Q8_0.gguf', 800),
    file('m-Q4_K_M.gguf', 400),
    file('m-Q2_K.gguf', 200),
    file('mmproj-m-f16.gguf', 50),
    file('big/m-F16-00002-of-00002.gguf', 800),
    file('big/m-F16-00001-of-00002.gguf', 900),
    file('m-Q6_K-00001-of-00002.gguf', 300),
  ];

  test('without a wish a good small one; with one that; a named file itself, with its other parts', () => {
    const paths = (reference: object) =>
      choose({ repo: 'o/r', revision: 'main', ...reference }, files).files.map(({ path }) => path);
    expect(paths({})).toEqual(['m-Q4_K_M.gguf']);
    expect(paths({ quantization: 'q8_0' })).toEqual(['m-Q8_0.gguf']);
    expect(paths({ file: 'm-Q2_K.gguf' })).toEqual(['m-Q2_K.gguf']);
    const parts = ['big/m-F16-00001-of-00002.gguf', 'big/m-F16-00002-of-00002.gguf'];
    expect(paths({ file: 'big/m-F16-00002-of-00002.gguf' })).toEqual(parts);
    expect(choicesOf(files).map(({ quantization, bytes }) => [quantization, bytes])).toEqual([
      ['Q2_K', 200],
      ['Q4_K_M', 400],
      ['Q8_0', 800],
      ['F16', 1700],
    ]);
  });

  test('what is not there is said, with what is', () => {
    const reference = { repo: 'o/r', revision: 'main', quantization: 'Q6_K' };
    expect(() => choose(reference, files)).toThrow(/o\/r has no "Q6_K"\. It has: Q2_K, Q4_K_M, Q8_0, F16/);
    expect(() => choose(reference, [])).toThrow(/no GGUF files/);
  });
});

describe('the hub', () => {
  const world = useStore();
  const COMMIT = 'c'.repeat(40);
  const API = '/api/models/owner/Some-Model-GGUF/revision/main?blobs=true';
  const RESOLVE = `/owner/Some-Model-GGUF/resolve/${COMMIT}/some-model-Q4_K_M.gguf`;
  let cdn: FileServer;
  let cdnUrl: string;
  beforeEach(async () => {
    cdn = new FileServer(content);
    cdnUrl = await cdn.start();
    const lfs = { sha256: sha256Of(content), size: content.length, pointerSize: 135 };
    const siblings = [{ rfilename: 'README.md' }, { rfilename: 'some-model-Q4_K_M.gguf', size: content.length, lfs }];
    world.current.server.paths.set(API, { json: { sha: COMMIT, cardData: { license: 'apache-2.0' }, siblings } });
    world.current.server.paths.set(RESOLVE, { location: `${cdnUrl}signed` });
  });
  afterEach(() => cdn.stop());
  const hub = () => world.current.baseUrl.slice(0, -1);
  const reference = { repo: 'owner/Some-Model-GGUF', revision: 'main' };

  test('pins the commit and the hash, and the download follows to the other host', async () => {
    const { plan } = await findOnHub(reference, {}, { fetch, hub: hub() });
    expect(plan).toEqual({
      id: 'some-model-q4_k_m',
      name: 'Some Model',
      license: 'apache-2.0',
      quantization: 'Q4_K_M',
      from: 'https://huggingface.co/owner/Some-Model-GGUF',
      parts: [
        {
          name: 'some-model-Q4_K_M.gguf',
          url: `${hub()}${RESOLVE}`,
          bytes: content.length,
          sha256: sha256Of(content),
        },
      ],
    });
    const store = world.current.store();
    await store.ensure(plan, { onProgress: () => {} });
    expect((await stored(store, plan.id)).equals(content)).toBe(true);
  });

  test('a licence of its owner’s words is told on one short line', async () => {
    const license = `mine\n${'x'.repeat(1000)}`;
    world.current.server.paths.set(API, {
      json: {
        sha: COMMIT,
        cardData: { license },
        siblings: [{ rfilename: 'a.gguf', lfs: { sha256: sha256Of(content), size: 1 } }],
      },
    });
    const { plan } = await findOnHub(reference, {}, { fetch, hub: hub() });
    expect(plan.license).toBe(`mine ${'x'.repeat(59)}`);
  });

  test('alone sees the token, the host that it redirects to does not', async () => {
    const { plan } = await findOnHub(reference, {}, { fetch, hub: hub(), token: 'hf_secret' });
    const store = world.current.store();
    store.authorize(hub(), 'hf_secret');
    await store.ensure(plan, { onProgress: () => {} });
    expect(world.current.server.requests.map(({ authorization }) => authorization)).toEqual([
      'Bearer hf_secret',
      'Bearer hf_secret',
    ]);
    expect(cdn.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
    const elsewhere = planOf(content, `${cdnUrl}other.gguf`, 'other');
    await store.remove(plan.id);
    await store.ensure(elsewhere, { onProgress: () => {} });
    expect(cdn.requests.at(-1)).toMatchObject({ path: '/other.gguf', authorization: undefined });
  });

  test('that names another hash than the pinned one is refused before a byte is stored', async () => {
    const { server } = world.current;
    server.faults.push({ headers: { 'X-Linked-ETag': `"${'a'.repeat(64)}"` } });
    const error = await failure(world.current.ensure(world.current.store()));
    expect(error).toMatchObject({
      code: 'hash-mismatch',
      message: expect.stringMatching(/was replaced on the server/),
    });
  });

  test.each([
    [{ status: 401 }, 'not-allowed', /enter an access token/],
    [{ status: 404 }, 'network', /Look at the name/],
    [{ status: 429, headers: { 'Retry-After': '37' } }, 'network', /Try again in 37 seconds/],
    [{ status: 429, headers: { RateLimit: '"api";r=0;t=250' } }, 'network', /Try again in 5 minutes/],
    [{ status: 429 }, 'network', /Try again in some minutes/],
    [{ status: 503 }, 'network', /answered 503/],
    [{ instead: new TextEncoder().encode('<html>') }, 'network', /something else/],
  ])('%j is explained', async (fault, code, message) => {
    world.current.server.paths.clear();
    world.current.server.faults.push(fault);
    const error = await failure(findOnHub(reference, {}, { fetch, hub: hub() }));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  test('that cannot be reached is explained', async () => {
    const offline = () => Promise.reject(new TypeError('failed to fetch'));
    const error = await failure(findOnHub(reference, {}, { fetch: offline }));
    expect(error).toMatchObject({ code: 'network', message: expect.stringMatching(/cannot be reached/) });
  });
});

describe('an address', () => {
  test('of a file is a model without a pin', async () => {
    const address = 'https://example.org/m/My%20Model-Q8_0.gguf?x=1';
    const { plan } = await findByText(address, undefined, { fetch, baseUrl: 'http://localhost:4173/' });
    expect(plan).toEqual({
      id: 'my-model-q8_0',
      name: 'My Model Q8 0',
      quantization: 'Q8_0',
      from: 'https://example.org/m/My%20Model-Q8_0.gguf?x=1',
      parts: [{ name: 'My Model-Q8_0.gguf', url: 'https://example.org/m/My%20Model-Q8_0.gguf?x=1' }],
    });
  });

  test('of the application itself may be without encryption', async () => {
    const { plan } = await findByText('http://localhost:4173/m.gguf', undefined, {
      fetch,
      baseUrl: 'http://localhost:4173/',
    });
    expect(plan.parts).toEqual([{ name: 'm.gguf', url: 'http://localhost:4173/m.gguf' }]);
  });

  test.each([
    'http://localhost:8080/m.gguf',
    'http://example.org/m.gguf',
    'ftp://example.org/m.gguf',
    'nonsense',
    'https://me:pw@example.org/m.gguf',
  ])('%s is refused', async (text) => {
    expect((await failure(findByText(text, undefined, { fetch, baseUrl: 'http://localhost:4173/' }))).code).toBe(
      'bad-argument',
    );
  });
});
