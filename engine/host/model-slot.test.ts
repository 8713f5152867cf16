import { beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, HostFixture } from '../../tests/host-fixture.ts';
import type { Client } from '../client/client.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { EngineStatus } from '../protocol/messages.ts';

let at: HostFixture;
beforeEach(() => {
  at = new HostFixture();
});

describe('the model', () => {
  async function watch(client: Client) {
    const seen: EngineStatus[] = [];
    const stop = new AbortController();
    const ended = client.watchStatus((status) => void seen.push(status), stop.signal);
    await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
    return { seen, stop, ended };
  }

  test('is downloaded and loaded on first need, with its progress shown', async () => {
    at.store.complete.clear();
    const client = at.connect('a');
    const { seen, stop, ended } = await watch(client);
    expect(await client.availability()).toBe('downloadable');
    expect(seen[0]).toEqual({ state: 'idle', running: 0, waiting: 0 });
    const result = client.answer('hi');
    const { finish } = await at.lastRequest();
    finish();
    await result;
    expect(seen.map(({ state }) => state)).toEqual(expect.arrayContaining(['downloading', 'loading', 'ready']));
    expect(seen.some(({ state, progress }) => state === 'downloading' && progress === 0.5)).toBe(true);
    const last = seen.findLast(({ state }) => state === 'ready');
    const model = { id: 'pocket', name: 'POCKET', contextTokens: 512 };
    expect(last).toMatchObject({ model, adapter: 'test gpu', gpuBytes: 7 });
    expect(await client.availability()).toBe('available');
    stop.abort();
    await ended;
  });

  test('tells a page that waits how far the download is, and no more', async () => {
    at.store.complete.clear();
    const page = at.connect('page', false);
    const seen: number[] = [];
    await page.measure('hi', {}, (fraction) => void seen.push(fraction));
    expect(seen).toEqual([0, 0.5]);
    expect(at.framesOf('page', 'status')).toEqual([]);
    await page.measure('hi', {}, (fraction) => void seen.push(fraction));
    expect(seen).toHaveLength(2);
  });

  test('is loaded once for requests that come together', async () => {
    const client = at.connect('a');
    const both = [client.answer('1'), client.answer('2'), client.load()];
    await vi.waitFor(() => expect(at.engines[0]?.requests).toHaveLength(2));
    for (const { finish } of at.engines[0]!.requests) finish();
    await Promise.all(both);
    expect(at.engines).toHaveLength(1);
    expect(at.engines[0]!.loads).toHaveLength(1);
  });

  test('that failed to load says why and can be loaded again', async () => {
    const client = at.connect('a');
    await client.load();
    await client.unload();
    at.engines[0]!.loadError = new LocalLLMError('out-of-memory', 'Needs 3 GB, has 1 GB.');
    expect(await codeOf(client.load())).toBe('out-of-memory');
    const { seen } = await watch(client);
    expect(seen[0]).toMatchObject({
      state: 'failed',
      error: { code: 'out-of-memory', message: 'Needs 3 GB, has 1 GB.' },
    });
    expect(await client.availability()).toBe('unavailable');
    at.engines[0]!.loadError = undefined;
    const result = client.answer('hi');
    (await at.lastRequest()).finish();
    await result;
  });

  test('whose file is damaged is removed, and fetched anew by the next load', async () => {
    const client = at.connect('a');
    await client.load();
    await client.unload();
    at.engines[0]!.loadError = new LocalLLMError('bad-file', 'Tensor x lies beyond the end of the file.');
    expect(await codeOf(client.load())).toBe('bad-file');
    expect(at.store.complete.has('pocket')).toBe(false);
    at.engines[0]!.loadError = undefined;
    const before = at.store.downloads;
    expect(await client.load()).toMatchObject({ state: 'ready' });
    expect(at.store.downloads).toBe(before + 1);
  });

  test('is loaded on a new engine after the device was lost', async () => {
    const client = at.connect('a');
    expect(await client.load()).toMatchObject({ state: 'ready' });
    const { seen } = await watch(client);
    at.engines[0]!.onLost!(new LocalLLMError('device-lost', 'The GPU was lost.'));
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ state: 'failed', error: { code: 'device-lost' } }));
    expect(await client.load()).toMatchObject({ state: 'ready' });
    expect(at.engines).toHaveLength(2);
  });

  test('is loading while the engine opens a lost GPU again; requests go to the engine, loads wait', async () => {
    const client = at.connect('a');
    const ready = await client.load();
    const { seen } = await watch(client);
    const engine = at.engines[0]!;
    engine.onRecovery!(0);
    engine.onRecovery!(0.4);
    await vi.waitFor(() => expect(seen.at(-1)).toMatchObject({ state: 'loading', progress: 0.4 }));
    expect(seen.at(-1)!.notice).toMatch(/lost/);
    const loaded = client.load();
    const result = client.answer('hi');
    const { finish } = await at.lastRequest();
    expect(await codeOf(client.profile(0))).toBe('invalid-state');
    engine.onRecovery!(undefined);
    finish();
    await result;
    expect(await loaded).toMatchObject({ state: 'ready' });
    expect(seen.at(-1)).toMatchObject(ready.model ? { state: 'ready', model: ready.model } : {});
    expect(seen.at(-1)!.notice).toBeUndefined();
    expect(engine.loads).toHaveLength(1);

    engine.onRecovery!(0);
    const lost = codeOf(client.load());
    await vi.waitFor(() => expect(seen.at(-1)!.state).toBe('loading'));
    engine.onLost!(new LocalLLMError('device-lost', 'The GPU was lost twice within a minute.'));
    expect(await lost).toBe('device-lost');
    expect(seen.at(-1)).toMatchObject({ state: 'failed', error: { code: 'device-lost' } });
    expect(await client.load()).toMatchObject({ state: 'ready' });
    expect(at.engines).toHaveLength(2);
  });

  test('that got a shorter context than wanted says so', async () => {
    const client = at.connect('a');
    expect((await client.load()).notice).toBeUndefined();
    await client.unload();
    at.engines[0]!.wantedContextTokens = 4096;
    expect((await client.load()).notice).toContain('512 tokens instead of 4,096');
  });

  test('is unavailable without a GPU', async () => {
    at.gpu = false;
    const client = at.connect('a');
    expect(await client.availability()).toBe('unavailable');
    expect(await codeOf(client.answer('hi'))).toBe('no-adapter');
  });

  test('a load nobody waits for any more stops, one asked for by name goes on', async () => {
    at.store.complete.clear();
    at.store.gate = new Promise(() => {});
    const client = at.connect('a');
    const stop = new AbortController();
    const result = client.answer('hi', { signal: stop.signal });
    const { seen } = await watch(client);
    await vi.waitFor(() => expect(seen.at(-1)!.state).toBe('downloading'));
    stop.abort();
    expect(await codeOf(result)).toBe('aborted');
    await vi.waitFor(() => expect(seen.at(-1)!.state).toBe('idle'));

    let release!: () => void;
    at.store.gate = new Promise((resolve) => (release = resolve));
    const other = at.connect('b');
    void other.load().catch(() => {});
    await vi.waitFor(() => expect(at.store.downloads).toBe(2));
    other.close();
    release();
    await vi.waitFor(() => expect(seen.at(-1)!.state).toBe('ready'));
  });

  test('that is replaced while an answer waits for it: the new one answers', async () => {
    at.store.complete.delete('pocket');
    at.store.gate = new Promise(() => {});
    const client = at.connect('a');
    const result = client.answer('hi');
    await vi.waitFor(() => expect(at.store.downloads).toBe(1));
    expect(await client.load('other')).toMatchObject({ state: 'ready', model: { id: 'other' } });
    (await at.lastRequest()).finish();
    await result;
    expect(at.engines[0]!.loads).toHaveLength(1);
  });

  test('unload stops a download', async () => {
    at.store.complete.clear();
    at.store.gate = new Promise(() => {});
    const client = at.connect('a');
    const load = client.load();
    await vi.waitFor(() => expect(at.store.downloads).toBe(1));
    expect(await client.unload()).toMatchObject({ state: 'idle' });
    expect(await codeOf(load)).toBe('aborted');
  });

  test('list and delete', async () => {
    at.store.complete.add('left-over');
    const client = at.connect('a');
    await client.load('other');
    const listed = await client.models();
    expect(listed.map(({ id, state, loaded }) => [id, state, loaded])).toEqual([
      ['pocket', 'stored', false],
      ['other', 'stored', true],
      ['left-over', 'stored', false],
    ]);
    const left = await client.deleteModel('other');
    expect(left.find(({ id }) => id === 'other')).toMatchObject({ state: 'absent', loaded: false, storedBytes: 0 });
    expect((await client.deleteModel('left-over')).some(({ id }) => id === 'left-over')).toBe(false);
    const error = await client.load('nothing').catch((e: unknown) => e as LocalLLMError);
    expect(error).toMatchObject({ code: 'bad-argument', message: expect.stringContaining('"nothing"') });
  });

  test('is profiled in the place of the engine, and loaded again', async () => {
    const client = at.connect('a');
    await client.load();
    const { seen } = await watch(client);
    const gate = Promise.withResolvers<void>();
    at.profiler.gate = gate.promise;
    const profile = client.profile(7);
    await vi.waitFor(() => expect(at.profiler.requests).toHaveLength(1));
    expect(seen.at(-1)).toMatchObject({ state: 'profiling', model: { id: 'pocket' }, progress: 0.5 });
    expect(at.engines[0]!.info()).toBeUndefined();
    const result = client.answer('hi');
    gate.resolve();
    expect(await profile).toMatchObject({ model: { id: 'pocket', name: 'POCKET' }, decode: { past: 7 } });
    expect(at.profiler.closed).toBe(true);
    (await at.lastRequest()).finish();
    await result;
    expect(at.engines[0]!.loads).toHaveLength(2);
    expect(seen.at(-1)).toMatchObject({ state: 'ready' });
  });

  test('that is about to be profiled is given to nobody, and who asks waits', async () => {
    const client = at.connect('a');
    await client.load();
    const record = at.store.record.bind(at.store);
    let result: Promise<unknown> | undefined;
    vi.spyOn(at.store, 'record').mockImplementationOnce(async (id) => {
      result = client.answer('hi');
      await client.models(); // the question has arrived
      return record(id);
    });
    await client.profile(0);
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(1));
    expect(at.engines[0]!.loads).toHaveLength(2);
    at.engines[0]!.requests[0]!.finish();
    await result;
  });

  test('stays loaded where there are no timestamps, or an answer is being written', async () => {
    const client = at.connect('a');
    await client.load();
    at.timestamps = false;
    expect(await codeOf(client.profile(0))).toBe('not-supported');
    at.timestamps = true;
    const result = client.answer('hi');
    const { finish } = await at.lastRequest();
    expect(await codeOf(client.profile(0))).toBe('invalid-state');
    finish();
    await result;
    expect(at.engines[0]!.loads).toHaveLength(1);
    expect(at.profiler.requests).toHaveLength(0);
  });

  test('that is chosen during a profile is loaded after it', async () => {
    const client = at.connect('a');
    await client.load();
    const gate = Promise.withResolvers<void>();
    at.profiler.gate = gate.promise;
    const profile = client.profile(0);
    await vi.waitFor(() => expect(at.profiler.requests).toHaveLength(1));
    const chosen = client.load('other');
    await client.models(); // the choice has arrived
    gate.resolve();
    await profile;
    expect(await chosen).toMatchObject({ state: 'ready', model: { id: 'other' } });
  });

  test('that was not loaded is not loaded after a profile; one that is cancelled leaves nothing behind', async () => {
    const client = at.connect('a');
    const gate = Promise.withResolvers<void>();
    at.profiler.gate = gate.promise;
    const stop = new AbortController();
    const profile = client.profile(0, stop.signal);
    await vi.waitFor(() => expect(at.profiler.requests).toHaveLength(1));
    stop.abort();
    expect(await codeOf(profile)).toBe('aborted');
    expect(at.profiler.requests[0]!.signal.aborted).toBe(true);
    gate.resolve();
    await vi.waitFor(() => expect(at.profiler.closed).toBe(true));
    expect(at.engines).toHaveLength(0);
  });
});
