import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, findModel as find, HostFixture, watch } from '../../tests/host-fixture.ts';
import { LocalLLMError } from '../protocol/errors.ts';

let at: HostFixture;
beforeEach(() => {
  at = new HostFixture();
});
afterEach(() => vi.useRealTimers());

const loads = () => at.engines[0]?.loads.length ?? 0;
const storeAdapter = (id: string, architecture = 'llama') =>
  at.store.describe(id, { 'general.type': 'adapter', 'general.architecture': architecture });

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

  test('that cannot be loaded, or could not, says nothing of another one', async () => {
    const client = at.connect('a');
    const page = at.connect('page', false);
    await client.load();
    at.engines[0]!.loadError = new LocalLLMError('out-of-memory', 'Needs 3 GB, has 1 GB.');
    expect(await codeOf(client.setDefaultModel('other'))).toBe('out-of-memory');
    expect(await page.availability()).toBe('available');
    expect(await codeOf(client.load())).toBe('out-of-memory');
    expect(await page.availability()).toBe('unavailable');
    await client.setDefaultModel('other');
    expect((await watch(client)).at(-1)).toMatchObject({ state: 'idle' });
    expect(await page.availability()).toBe('available');
  });

  test('stays chosen when its settings change before it is there', async () => {
    const client = at.connect('a');
    const running = client.answer('long');
    const { finish } = await at.lastRequest();
    const done = client.setDefaultModel('other');
    await vi.waitFor(async () => expect((await watch(client)).at(-1)?.notice).toMatch(/OTHER/));
    await client.configureModel('other', { contextTokens: 1024 });
    finish();
    await running;
    expect(find(await done, 'other')).toMatchObject({ isDefault: true, loaded: true });
    expect(at.engines[0]!.loads[1]).toMatchObject({ contextTokens: 1024 });
    // By name, too.
    const loaded = client.load('pocket');
    await client.configureModel('pocket', { contextTokens: 1024 });
    expect(await loaded).toMatchObject({ model: { id: 'pocket' } });
    await client.unload();
    expect(await client.load()).toMatchObject({ model: { id: 'pocket' } });
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

  test('does not keep another one from being deleted while it is loaded, unless it needs that', async () => {
    at.store.complete = new Set(['other', 'style']);
    at.store.describe('style', { 'general.type': 'adapter', 'general.architecture': 'llama' });
    at.store.describe('other', { 'general.architecture': 'llama' });
    const client = at.connect('a');
    const gate = Promise.withResolvers<void>();
    at.store.gate = gate.promise;
    const loaded = client.load();
    await vi.waitFor(() => expect(at.store.downloads).toBe(1));
    expect((await client.deleteModel('style')).some(({ id }) => id === 'style')).toBe(false);

    at.store.complete.add('style');
    await client.configureModel('other', { adapters: [{ id: 'style', scale: 1 }] });
    const next = client.load('other');
    await codeOf(loaded);
    const order: string[] = [];
    const both = [next.then(() => order.push('loaded')), client.deleteModel('style').then(() => order.push('deleted'))];
    await Promise.all(both);
    expect(order).toEqual(['loaded', 'deleted']);
    gate.resolve();
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
