import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { FakeBroadcastChannel } from '../../tests/fake-broadcast-channel.ts';
import { codeOf, HostFixture } from '../../tests/host-fixture.ts';
import type { ModelInfo } from '../protocol/messages.ts';

let at: HostFixture;
beforeEach(() => {
  vi.stubGlobal('BroadcastChannel', FakeBroadcastChannel);
  at = new HostFixture();
});
afterEach(() => vi.unstubAllGlobals());

const COMMIT = 'c'.repeat(40);
const hubAnswer = (names: string[]) =>
  Response.json({
    sha: COMMIT,
    siblings: names.map((rfilename) => ({ rfilename, lfs: { sha256: 'd'.repeat(64), size: 100 } })),
  });
const find = (models: ModelInfo[], id: string) => models.find((model) => model.id === id);

describe('a model that a person adds', () => {
  test('is found, downloaded without anybody waiting, and can then be loaded', async () => {
    at.fetch = async (url) => {
      expect(url).toBe('https://huggingface.co/api/models/owner/New-GGUF/revision/main?blobs=true');
      return hubAnswer(['New-Q4_K_M.gguf', 'New-Q8_0.gguf']);
    };
    const client = at.connect('a');
    expect(await client.addModel('owner/New-GGUF', 'Q8_0')).toEqual({ id: 'new-q8_0' });
    client.close();
    await vi.waitFor(() => expect(at.store.complete.has('new-q8_0')).toBe(true));
    expect(at.store.plans.get('new-q8_0')).toMatchObject({
      quantization: 'Q8_0',
      parts: [{ url: `https://huggingface.co/owner/New-GGUF/resolve/${COMMIT}/New-Q8_0.gguf`, sha256: 'd'.repeat(64) }],
    });
    expect(await at.connect('b').load('new-q8_0')).toMatchObject({ state: 'ready', model: { id: 'new-q8_0' } });
    expect(at.store.downloads).toBe(1);
  });

  test('by an id of the catalogue is that model; one of another file gets an id of its own', async () => {
    const client = at.connect('a');
    at.store.complete.clear();
    expect(await client.addModel('other')).toEqual({ id: 'other' });
    await vi.waitFor(() => expect(at.store.complete.has('other')).toBe(true));
    expect(await client.addModel('https://example.org/other.gguf')).toEqual({ id: 'other-2' });
    expect(await client.addModel('https://example.org/else/other.gguf')).toEqual({ id: 'other-3' });
    expect(await codeOf(client.addModel('no model'))).toBe('bad-argument');
    expect(await codeOf(client.addModel('owner/missing-GGUF'))).toBe('network');
  });

  test('shows its progress to whoever watches, is paused, and goes on', async () => {
    at.store.complete.clear();
    at.store.gate = new Promise(() => {});
    const client = at.connect('a');
    const seen: ModelInfo[][] = [];
    const stop = new AbortController();
    const watching = client.watchModels((models) => void seen.push(models), stop.signal);
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    await client.addModel('other');
    await vi.waitFor(() => expect(find(seen.at(-1)!, 'other')).toMatchObject({ state: 'downloading' }));
    expect(find(seen.at(-1)!, 'other')?.download).toEqual({ bytesPerSecond: 10, secondsLeft: 5 });
    const paused = await client.pauseModel('other');
    expect(find(paused, 'other')).toMatchObject({ state: 'paused', storedBytes: 50 });
    expect(find(paused, 'other')).not.toHaveProperty('error');
    at.store.gate = Promise.resolve();
    await client.resumeModel('other');
    await vi.waitFor(() => expect(find(seen.at(-1)!, 'other')?.state).toBe('stored'));
    stop.abort();
    await watching;
  });

  test('is told in order: a list that took long is not sent after a later one', async () => {
    const client = at.connect('a');
    const names: (string | undefined)[] = [];
    const stop = new AbortController();
    const watching = client.watchModels((models) => void names.push(find(models, 'other')?.name), stop.signal);
    await vi.waitFor(() => expect(names).toHaveLength(1));
    const list = at.store.list.bind(at.store);
    const slow = Promise.withResolvers<void>();
    vi.spyOn(at.store, 'list').mockImplementationOnce(async () => {
      const early = await list();
      await slow.promise;
      return early;
    });
    await client.pauseModel('other'); // any change: a list is begun
    await client.renameModel('other', 'Mine');
    await client.pauseModel('other');
    slow.resolve();
    await vi.waitFor(() => expect(names.at(-1)).toBe('Mine'));
    await new Promise((resolve) => setTimeout(resolve, 20)); // nothing comes after it
    expect(names).toEqual(['OTHER', 'OTHER', 'Mine']);
    stop.abort();
    await watching;
  });

  test('that fails says why until it is tried again', async () => {
    at.store.complete.clear();
    at.store.gate = Promise.reject(new Error('the wire was cut'));
    at.store.gate.catch(() => {});
    const client = at.connect('a');
    await client.addModel('other');
    await vi.waitFor(async () => expect(find(await client.models(), 'other')?.error?.message).toBe('the wire was cut'));
    at.store.gate = new Promise(() => {});
    await client.resumeModel('other');
    expect(find(await client.models(), 'other')).not.toHaveProperty('error');
  });

  test('is renamed and deleted', async () => {
    const client = at.connect('a');
    expect(find(await client.renameModel('other', ' Mine '), 'other')?.name).toBe('Mine');
    expect(await codeOf(client.renameModel('other', '  '))).toBe('bad-argument');
    expect(find(await client.deleteModel('other'), 'other')?.state).toBe('absent');
  });
});

describe('files', () => {
  test('cross beside the port, and become a model', async () => {
    const client = at.connect('a');
    const file = new File(['GGUF and more'], 'mine.gguf');
    expect(await client.importModel('My model', [file])).toEqual({ id: 'my-model' });
    expect(at.store.imported.map(({ name, size }) => [name, size])).toEqual([['mine.gguf', 13]]);
    expect(find(await client.models(), 'my-model')).toMatchObject({ name: 'My model', state: 'stored' });
    expect(JSON.stringify(at.sent)).not.toContain('GGUF and more');
    expect(await client.importModel('My model', [file])).toEqual({ id: 'my-model-2' });
  });

  test('of a stored model come back under their names', async () => {
    const [file] = await at.connect('a').exportModel('other');
    expect(file?.name).toBe('other.gguf');
    expect(await file?.text()).toBe('GGUF');
  });

  test('nobody gets without a ticket, and no page asks for', async () => {
    const page = at.connect('p', false);
    for (const asked of [
      page.importModel('x', []),
      page.exportModel('other'),
      page.addModel('other'),
      page.pauseModel('other'),
      page.setHubToken('x'),
      page.storageEstimate(),
    ]) {
      expect(await codeOf(asked)).toBe('not-allowed');
    }
    expect(await codeOf(at.connect('a').importModel('x', []))).toBe('bad-argument');
    const stop = new AbortController();
    const stopped = at.connect('a').importModel('x', [new File(['GGUF'], 'a')], stop.signal);
    stop.abort();
    expect(await codeOf(stopped)).toBe('aborted');
  });
});

test('a token goes to Hugging Face alone, until it is taken back', async () => {
  const seen: (string | null)[] = [];
  at.fetch = async (_, init) => {
    seen.push(new Headers(init?.headers).get('Authorization'));
    return hubAnswer(['a.gguf']);
  };
  const client = at.connect('a');
  await client.setHubToken('hf_secret');
  await client.addModel('owner/Repo');
  await client.setHubToken('');
  await client.addModel('owner/Repo');
  expect(seen).toEqual(['Bearer hf_secret', null]);
  expect(at.store.tokens).toEqual([
    ['https://huggingface.co', 'hf_secret'],
    ['https://huggingface.co', undefined],
  ]);
  expect(await codeOf(client.setHubToken('with a\nline'))).toBe('bad-argument');
});

test('room: what the browser says, and what models take', async () => {
  const client = at.connect('a');
  expect(await client.storageEstimate()).toEqual({ usage: 200, quota: 1000, persisted: true, models: 200 });
});

test('what is damaged on disk is kept, to be mended by the next load; a file that lies is not', async () => {
  const { LocalLLMError } = await import('../protocol/errors.ts');
  const client = at.connect('a');
  await client.load();
  await client.unload();
  at.engines[0]!.loadError = new LocalLLMError('bad-file', 'The stored file was damaged on disk.');
  at.store.damaged = true;
  expect(await codeOf(client.load())).toBe('bad-file');
  expect(at.store.complete.has('pocket')).toBe(true);
  at.store.damaged = false;
  expect(await codeOf(client.load())).toBe('bad-file');
  expect(at.store.complete.has('pocket')).toBe(false);
});
