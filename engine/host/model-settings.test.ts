import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { codeOf, findModel as find, HostFixture, watch } from '../../tests/host-fixture.ts';
import type { Shapes } from '../runtime/engine.ts';
import { LocalLLMError } from '../protocol/errors.ts';

let at: HostFixture;
beforeEach(() => {
  at = new HostFixture();
});
afterEach(() => vi.useRealTimers());

const loads = () => at.engines[0]?.loads.length ?? 0;
const storeAdapter = (id: string, architecture = 'llama') =>
  at.store.describe(id, { 'general.type': 'adapter', 'general.architecture': architecture });
const describeModel = (id: string, trained: number) =>
  at.store.describe(id, { 'general.architecture': 'llama', 'llama.context_length': trained });

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

  test('are attached at once where the person wants that after a minute', async () => {
    const client = at.connect('a');
    await client.load();
    const endless = codeOf(client.answer('endless'));
    await at.lastRequest();
    vi.useFakeTimers();
    await client.configureModel('pocket', { adapters: [{ id: 'style', scale: 1 }] });
    await vi.advanceTimersByTimeAsync(61_000);
    expect((await watch(client)).at(-1)?.notice).toBe(
      'One answer is completed first, then POCKET takes on its new settings. To end it now, unload POCKET.',
    );
    const models = await client.setDefaultModel('pocket');
    expect(await endless).toBe('aborted');
    expect(find(models, 'pocket')).toMatchObject({ isDefault: true, loaded: true });
    expect(attached()).toEqual([[['STYLE', 1]]]);
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
  async function loadMeasured() {
    vi.useFakeTimers();
    const measured = vi.fn<NonNullable<HostFixture['measureSpeed']>>().mockResolvedValue({ prefill: 300, decode: 30 });
    at.measureSpeed = measured;
    at.restart();
    const client = at.connect('a');
    await client.load();
    return { client, engine: at.engines[0]!, measured };
  }

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

  test('waits until the best kernels are found, which the next load is told of', async () => {
    const { engine, measured } = await loadMeasured();
    expect(engine.loads.at(-1)!.shapes?.('test gpu')).toEqual({});
    const found = Promise.withResolvers<Shapes>();
    const tune = vi.spyOn(engine, 'tune').mockReturnValueOnce(found.promise);
    await vi.advanceTimersByTimeAsync(1_500);
    expect(tune).toHaveBeenCalledOnce();
    expect(measured).not.toHaveBeenCalled();
    found.resolve({ head: 'in a shape' });
    await vi.advanceTimersByTimeAsync(10);
    expect(measured).toHaveBeenCalledOnce();

    at.restart();
    await at.connect('b').load();
    const { shapes } = at.engines.at(-1)!.loads.at(-1)!;
    expect(shapes?.('test gpu')).toEqual({ head: 'in a shape' });
    expect(shapes?.('another gpu')).toEqual({});
  });

  test('what was found stays when somebody comes meanwhile, and the search goes on later', async () => {
    const { client, engine, measured } = await loadMeasured();
    const tune = vi
      .spyOn(engine, 'tune')
      .mockImplementationOnce(
        (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({ head: 'in a shape' }))),
      );
    await vi.advanceTimersByTimeAsync(1_500);
    const result = client.answer('hi');
    await vi.advanceTimersByTimeAsync(10);
    expect(measured).not.toHaveBeenCalled();
    engine.requests.at(-1)!.finish();
    await result;
    await vi.advanceTimersByTimeAsync(1_500);
    expect(tune).toHaveBeenCalledTimes(2);
    expect(measured).toHaveBeenCalledOnce();

    at.restart();
    await at.connect('b').load();
    expect(at.engines.at(-1)!.loads.at(-1)!.shapes?.('test gpu')).toEqual({ head: 'in a shape' });
  });

  test('that cannot be measured is not tried again and again', async () => {
    vi.useFakeTimers();
    const measured = vi.fn<NonNullable<HostFixture['measureSpeed']>>().mockRejectedValue(new Error('no figure'));
    at.measureSpeed = measured;
    at.restart();
    const client = at.connect('a');
    await client.load();
    await vi.advanceTimersByTimeAsync(1_500);
    const result = client.answer('hi');
    await vi.advanceTimersByTimeAsync(10);
    at.engines[0]!.requests.at(-1)!.finish();
    await result;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(measured).toHaveBeenCalledOnce();
  });
});
