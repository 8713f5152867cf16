import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, HostFixture } from '../../tests/host-fixture.ts';
import { writeGguf } from '../../tests/gguf-writer.ts';
import type { Client } from '../client/client.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { EngineStatus, ModelInfo } from '../protocol/messages.ts';

let at: HostFixture;
beforeEach(() => {
  at = new HostFixture();
});
afterEach(() => vi.useRealTimers());

const find = (models: readonly ModelInfo[], id: string) => models.find((model) => model.id === id)!;
const loads = () => at.engines[0]?.loads.length ?? 0;
async function watch(client: Client): Promise<EngineStatus[]> {
  const seen: EngineStatus[] = [];
  void client.watchStatus((status) => void seen.push(status), new AbortController().signal).catch(() => {});
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
  return seen;
}
const storeAdapter = (id: string, architecture = 'llama') => {
  at.store.complete.add(id);
  const metadata = { 'general.type': 'adapter', 'general.architecture': architecture };
  at.store.contents.set(id, writeGguf({ metadata }));
};
const describeModel = (id: string, trained: number) =>
  at.store.contents.set(
    id,
    writeGguf({ metadata: { 'general.architecture': 'llama', 'llama.context_length': trained } }),
  );

describe('the model that all share', () => {
  test('is kept, and loaded on the next need', async () => {
    const client = at.connect('a');
    expect(find(await client.models(), 'pocket').isDefault).toBe(true);
    const models = await client.setDefaultModel('other');
    expect([find(models, 'pocket').isDefault, find(models, 'other').isDefault]).toEqual([false, true]);
    expect(at.engines).toEqual([]);
    at.restart();
    expect(await at.connect('b').load()).toMatchObject({ state: 'ready', model: { id: 'other' } });
  });

  test('is exchanged when what runs is done; what comes meanwhile waits for the new one, and all channels are told', async () => {
    const client = at.connect('a');
    const page = at.connect('page', false);
    const seen = await watch(client);
    const running = page.answer('long');
    const { finish } = await at.lastRequest();
    const done = client.setDefaultModel('other');
    await vi.waitFor(() => expect(seen.at(-1)?.notice).toBe('One answer is completed first, then OTHER is loaded.'));
    expect(seen.at(-1)).toMatchObject({ state: 'ready', model: { id: 'pocket' } });
    const next = page.answer('next');
    await vi.waitFor(() => expect(seen.at(-1)?.waiting).toBe(1));
    expect([at.engines[0]!.requests.length, loads()]).toEqual([1, 1]);
    expect(find(await client.models(), 'pocket').isDefault).toBe(true);
    Object.assign(at.engines[0]!, { contextTokens: 256, wantedContextTokens: 256 });
    finish();
    await running;
    expect(find(await done, 'other')).toMatchObject({ isDefault: true, loaded: true });
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(2));
    at.engines[0]!.requests[1]!.finish();
    await next;
    expect(loads()).toBe(2);
    expect(seen.at(-1)?.notice).toBeUndefined();
    const told = { t: 'model', id: 0, contextTokens: 256 };
    expect([at.framesOf('page', 'model'), at.framesOf('a', 'model')]).toEqual([[told], [told]]);
  });

  test('stays where the new one cannot be loaded, and who waited gets it', async () => {
    const client = at.connect('a');
    await client.load();
    const running = client.answer('long');
    const first = await at.lastRequest();
    const failed = codeOf(client.setDefaultModel('other'));
    await vi.waitFor(async () => expect((await watch(client)).at(-1)?.notice).toBeDefined());
    const next = client.answer('next');
    const error = new LocalLLMError('out-of-memory', 'Needs 3 GB, has 1 GB.');
    vi.spyOn(at.engines[0]!, 'load').mockRejectedValueOnce(error);
    first.finish();
    await running;
    expect(await failed).toBe('out-of-memory');
    await vi.waitFor(() => expect(at.engines[0]!.requests).toHaveLength(2));
    at.engines[0]!.requests[1]!.finish();
    await next;
    const models = await client.models();
    expect(find(models, 'pocket')).toMatchObject({ isDefault: true, loaded: true });
  });

  test('waits long, says how not to, and is hurried by being chosen once more', async () => {
    const client = at.connect('a');
    const page = at.connect('page', false);
    const endless = page.answer('endless');
    await at.lastRequest();
    const seen = await watch(client);
    vi.useFakeTimers();
    const done = client.setDefaultModel('other');
    await vi.advanceTimersByTimeAsync(1_000);
    const early = client.setDefaultModel('other'); // twice by mistake: nobody's answer is lost
    await vi.advanceTimersByTimeAsync(1_000);
    expect(loads()).toBe(1);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(seen.at(-1)?.notice).toMatch(/To end it now, choose OTHER once more/);
    const again = client.setDefaultModel('other');
    expect(await codeOf(endless)).toBe('aborted');
    await Promise.all([done, early, again]);
    expect(find(await client.models(), 'other')).toMatchObject({ isDefault: true, loaded: true });
  });

  test('is the last one that was asked for', async () => {
    const client = at.connect('a');
    at.store.complete.add('third');
    const running = client.answer('long');
    const { finish } = await at.lastRequest();
    const first = codeOf(client.setDefaultModel('other'));
    await vi.waitFor(async () => expect((await watch(client)).at(-1)?.notice).toMatch(/OTHER/));
    const second = client.setDefaultModel('third');
    expect(await first).toBe('aborted');
    finish();
    await running;
    expect(find(await second, 'third')).toMatchObject({ isDefault: true, loaded: true });
    expect(loads()).toBe(2);
  });

  test('an unload gives the exchange up, and the one before stays', async () => {
    const client = at.connect('a');
    const running = codeOf(client.answer('long'));
    await at.lastRequest();
    const given = codeOf(client.setDefaultModel('other'));
    await vi.waitFor(async () => expect((await watch(client)).at(-1)?.notice).toMatch(/OTHER/));
    expect(await client.unload()).toMatchObject({ state: 'idle' });
    expect([await running, await given]).toEqual(['aborted', 'aborted']);
    expect(await client.load()).toMatchObject({ model: { id: 'pocket' } });
  });

  test('that is deleted makes room for the embedded one', async () => {
    const client = at.connect('a');
    await client.setDefaultModel('other');
    await client.configureModel('other', { system: 'Be brief.' });
    await client.load();
    const left = await client.deleteModel('other');
    expect(find(left, 'pocket').isDefault).toBe(true);
    expect(find(left, 'other')).toMatchObject({ isDefault: false, settings: {}, loaded: false });
    expect(await client.load()).toMatchObject({ model: { id: 'pocket' } });
  });

  test('is one that is stored and runs by itself', async () => {
    at.store.complete.delete('other');
    storeAdapter('style');
    const client = at.connect('a');
    // Embedded ones come with the application.
    expect(find(await client.setDefaultModel('other'), 'other').isDefault).toBe(true);
    expect(await codeOf(client.setDefaultModel('style'))).toBe('bad-argument');
    expect(await codeOf(client.load('style'))).toBe('bad-argument');
    expect(await codeOf(client.setDefaultModel('nothing'))).toBe('bad-argument');
    at.store.plans.set('part', { id: 'part', name: 'Part', parts: [] });
    expect(await codeOf(client.setDefaultModel('part'))).toBe('bad-argument');
    const page = at.connect('page', false);
    expect(await codeOf(page.setDefaultModel('pocket'))).toBe('not-allowed');
    expect(await codeOf(page.configureModel('pocket', {}))).toBe('not-allowed');
  });

  test('goes on while the next one is downloaded', async () => {
    const client = at.connect('a');
    await client.load();
    at.store.complete.delete('other');
    const gate = Promise.withResolvers<void>();
    at.store.gate = gate.promise;
    const loaded = client.load('other');
    await vi.waitFor(() => expect(at.store.downloads).toBe(1));
    const result = client.answer('hi');
    (await at.lastRequest()).finish();
    await result;
    expect(await client.availability()).toBe('available');
    gate.resolve();
    expect(await loaded).toMatchObject({ state: 'ready', model: { id: 'other' } });
    // By name, and not for good.
    expect(find(await client.models(), 'pocket').isDefault).toBe(true);
  });
});

describe('settings', () => {
  test('of sampling hold from the next request on, below what it asks for', async () => {
    const client = at.connect('a');
    await client.load();
    await client.configureModel('pocket', { sampling: { temperature: 0.7, topK: 5 } });
    void client.answer('hi', { topK: 9 }).catch(() => {});
    const { request } = await at.lastRequest();
    expect(request.options).toEqual({ temperature: 0.7, topK: 9 });
    expect(loads()).toBe(1);
    await client.configureModel('pocket', {});
    void client.answer('hi').catch(() => {});
    await vi.waitFor(() => expect(at.engines[0]!.requests[1]?.request.options).toEqual({}));
  });

  test('of the context reload when what runs is done, and last', async () => {
    const client = at.connect('a');
    const running = client.answer('long');
    const { finish } = await at.lastRequest();
    const models = await client.configureModel('pocket', { contextTokens: 1024, kvType: 'q8' });
    expect(find(models, 'pocket').settings).toEqual({ contextTokens: 1024, kvType: 'q8' });
    expect(loads()).toBe(1);
    finish();
    await running;
    await vi.waitFor(() => expect(loads()).toBe(2));
    expect(at.engines[0]!.loads[1]).toMatchObject({ contextTokens: 1024, kvType: 'q8', sampling: { temperature: 0 } });
    at.restart();
    await at.connect('b').load();
    expect(at.engines[1]!.loads[0]).toMatchObject({ contextTokens: 1024, kvType: 'q8' });
  });

  test('the system prompt is nobody else’s business', async () => {
    const client = at.connect('a');
    await client.load();
    const models = await client.configureModel('pocket', { system: 'Be brief.' });
    expect(find(models, 'pocket').settings).toEqual({ system: 'Be brief.' });
    void client.answer('hi').catch(() => {});
    expect((await at.lastRequest()).request.options).toEqual({});
    expect(loads()).toBe(1);
  });

  test('that cannot be are refused', async () => {
    describeModel('pocket', 512);
    storeAdapter('style');
    storeAdapter('foreign', 'qwen2');
    const client = at.connect('a');
    const refused = (settings: object) => codeOf(client.configureModel('pocket', settings));
    expect(await refused({ contextTokens: 1024 })).toBe('bad-argument');
    expect(await refused({ contextTokens: 100 })).toBe('bad-argument');
    expect(await refused({ kvType: 'q4' })).toBe('bad-argument');
    expect(await refused({ unknown: 1 })).toBe('bad-argument');
    expect(await refused({ adapters: [{ id: 'missing', scale: 1 }] })).toBe('bad-argument');
    expect(await refused({ adapters: [{ id: 'other', scale: 1 }] })).toBe('bad-argument');
    expect(await refused({ adapters: [{ id: 'foreign', scale: 1 }] })).toBe('bad-argument');
    expect(
      await refused({
        adapters: [
          { id: 'style', scale: 1 },
          { id: 'style', scale: 2 },
        ],
      }),
    ).toBe('bad-argument');
    expect(await codeOf(client.configureModel('nothing', {}))).toBe('bad-argument');
    expect(find(await client.models(), 'pocket').settings).toEqual({});
  });
});

describe('adapters', () => {
  beforeEach(() => {
    describeModel('pocket', 512);
    storeAdapter('style');
    storeAdapter('tone');
  });
  const attached = () => at.engines[0]!.adapted.map((list) => list.map(({ name, scale }) => [name, scale]));

  test('are told apart from models by their header', async () => {
    const client = at.connect('a');
    await vi.waitFor(async () => expect(find(await client.models(), 'tone').kind).toBe('adapter'));
    const models = await client.models();
    expect(find(models, 'style')).toMatchObject({ kind: 'adapter', architecture: 'llama' });
    expect(find(models, 'pocket')).toMatchObject({ kind: 'model', architecture: 'llama', trainedContextTokens: 512 });
  });

  test('are attached without a reload, when what runs is done', async () => {
    const client = at.connect('a');
    await client.configureModel('pocket', { adapters: [{ id: 'style', scale: 1 }] });
    const running = client.answer('long');
    const { finish } = await at.lastRequest();
    await client.configureModel('pocket', {
      adapters: [
        { id: 'style', scale: 0.5 },
        { id: 'tone', scale: 1 },
      ],
    });
    expect(attached()).toEqual([[['STYLE', 1]]]);
    finish();
    await running;
    await vi.waitFor(() => expect(attached()).toHaveLength(2));
    expect(attached()[1]).toEqual([
      ['STYLE', 0.5],
      ['TONE', 1],
    ]);
    const source = await at.engines[0]!.adapted[1]![0]!.open();
    source.close();
    await client.configureModel('pocket', { adapters: [] });
    await vi.waitFor(() => expect(attached()).toHaveLength(3));
    expect(attached()[2]).toEqual([]);
    expect(loads()).toBe(1);
  });

  test('that are deleted are detached', async () => {
    const client = at.connect('a');
    await client.configureModel('pocket', {
      adapters: [
        { id: 'style', scale: 1 },
        { id: 'tone', scale: 1 },
      ],
    });
    await client.load();
    const models = await client.deleteModel('style');
    expect(find(models, 'pocket').settings).toEqual({ adapters: [{ id: 'tone', scale: 1 }] });
    await vi.waitFor(() => expect(attached()).toHaveLength(2));
    expect(attached()[1]).toEqual([['TONE', 1]]);
  });

  test('that are missing, or cannot be attached, leave the model without them', async () => {
    const client = at.connect('a');
    await client.configureModel('pocket', {
      adapters: [
        { id: 'style', scale: 1 },
        { id: 'tone', scale: 1 },
      ],
    });
    at.store.complete.delete('style'); // by another window, say
    expect((await client.load()).notice).toBe('The adapter style is not stored any more: POCKET runs without it.');
    expect(attached()).toEqual([[['TONE', 1]]]);
    await client.unload();
    at.engines[0]!.adaptError = new LocalLLMError('bad-argument', 'TONE was made for another model.');
    const status = await client.load();
    expect(status).toMatchObject({ state: 'ready' });
    expect(status.notice).toMatch(/not attached: TONE was made for another model/);
  });
});

describe('speed', () => {
  test('is measured once after a load, when it is quiet, and kept', async () => {
    vi.useFakeTimers();
    const measured = vi.fn<NonNullable<HostFixture['measureSpeed']>>();
    at.measureSpeed = measured;
    at.restart();
    const client = at.connect('a');
    const begin = async () => {
      const result = client.answer('hi');
      await vi.advanceTimersByTimeAsync(10);
      return { result, ...at.engines[0]!.requests.at(-1)! };
    };
    const first = await begin();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(measured).not.toHaveBeenCalled(); // an answer is being written
    const interrupted = Promise.withResolvers<AbortSignal>();
    measured.mockImplementationOnce(async (_, signal) => {
      interrupted.resolve(signal);
      return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    });
    first.finish();
    await first.result;
    await vi.advanceTimersByTimeAsync(1_500);
    const signal = await interrupted.promise;
    const second = await begin();
    expect(signal.aborted).toBe(true); // given up for whoever came
    measured.mockResolvedValueOnce({ prefill: 300, decode: 30 });
    second.finish();
    await second.result;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(find(await client.models(), 'pocket').speed).toEqual({ prefill: 300, decode: 30 });
    await client.unload();
    await client.load();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(measured).toHaveBeenCalledTimes(2);
    at.restart();
    const later = at.connect('b');
    expect(find(await later.models(), 'pocket').speed).toEqual({ prefill: 300, decode: 30 });
    await later.configureModel('pocket', { kvType: 'q8' });
    expect(find(await later.models(), 'pocket')).not.toHaveProperty('speed');
  });
});
