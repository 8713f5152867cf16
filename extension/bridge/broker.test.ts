import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { HEARTBEAT_MS, MAX_OPEN_REQUESTS } from '../../engine/protocol/messages.ts';
import type { DownEnvelope, UpFrame } from '../../engine/protocol/messages.ts';
import type { GrantKey } from '../permissions/grants.ts';
import { Broker } from './broker.ts';
import type { PageSender } from './sender.ts';

const PAGE: PageSender = { kind: 'page', origin: 'https://a.example', tabId: 1, documentId: 'doc' };
const OWN = { kind: 'own', url: new URL('chrome-extension://abc/popup.html') } as const;
const GENERATE = { t: 'request', id: 1, method: 'generate', params: { input: 'x', options: {}, stream: true } };
const DENIED = new LocalLLMError('not-allowed', 'denied');

let state: PermissionState;
let admit: PromiseWithResolvers<void>;
let down: DownEnvelope[];
let up: UpFrame[];
let asked: { key: GrantKey; activation: boolean }[];
let broker: Broker;

beforeEach(() => {
  state = 'prompt';
  admit = Promise.withResolvers();
  down = [];
  up = [];
  asked = [];
  broker = new Broker({
    gate: {
      state: async () => state,
      require: (key, { activation, signal }) => {
        asked.push({ key, activation });
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new LocalLLMError('aborted', 'left')));
          admit.promise.then(resolve, reject);
        });
      },
      request: async () => state,
    },
    accounts: { requireUnpaused: async () => {}, begin: async () => ({ take: () => undefined }) },
    toEngine: (envelope) => down.push(envelope),
    ownOrigin: 'chrome-extension://abc',
  });
});
afterEach(() => vi.useRealTimers());

const connectPage = () => broker.connect(PAGE, (frame) => up.push(frame));
const settle = () => new Promise((resolve) => setTimeout(resolve, 1));
const last = (frames: UpFrame[]) => frames.filter(({ t }) => t === 'done' || t === 'error');
/** A page whose answer is under way. */
async function running() {
  const channel = connectPage();
  broker.take(channel, GENERATE);
  admit.resolve();
  await settle();
  state = 'granted';
  return channel;
}

describe('a page', () => {
  test('reaches the engine after its grant, under the origin that the browser states', async () => {
    const channel = connectPage();
    broker.take(channel, { ...GENERATE, activation: true });
    await settle();
    expect(down).toEqual([]);
    expect(asked).toMatchObject([{ key: PAGE, activation: true }]);
    admit.resolve();
    await settle();
    const identity = { origin: 'https://a.example', trusted: false, owner: 'https://a.example' };
    expect(down[0]).toEqual({ e: 'open', channel: channel.name, identity });
    expect(down[1]).toMatchObject({ e: 'frame', frame: GENERATE });
    broker.deliver(channel.name, { t: 'delta', id: 1, text: 'a' });
    broker.deliver(channel.name, { t: 'done', id: 1, result: 'r' });
    broker.deliver(channel.name, { t: 'done', id: 1, result: 'again' });
    expect(up).toEqual([
      { t: 'delta', id: 1, text: 'a' },
      { t: 'done', id: 1, result: 'r' },
    ]);
    broker.take(channel, { ...GENERATE, id: 2 });
    await settle();
    expect(down.filter(({ e }) => e === 'open')).toHaveLength(1);
  });

  test('that is refused never reaches the engine', async () => {
    broker.take(connectPage(), GENERATE);
    admit.reject(DENIED);
    await settle();
    expect(up).toEqual([{ t: 'error', id: 1, error: DENIED.toData() }]);
    expect(down).toEqual([]);
  });

  test('may cancel while it is asked about, and leaves nothing behind', async () => {
    const channel = connectPage();
    broker.take(channel, GENERATE);
    await settle();
    broker.take(channel, { t: 'cancel', id: 1 });
    admit.resolve();
    await settle();
    expect(up).toMatchObject([{ t: 'error', id: 1, error: { code: 'aborted' } }]);
    expect(down).toEqual([]);
  });

  test('hears while it is asked about that it is still waited for', async () => {
    vi.useFakeTimers();
    const channel = connectPage();
    broker.take(channel, GENERATE);
    await vi.advanceTimersByTimeAsync(HEARTBEAT_MS);
    expect(up).toEqual([{ t: 'heartbeat', id: 1 }]);
    admit.resolve();
    await vi.advanceTimersByTimeAsync(10 * HEARTBEAT_MS);
    expect(up).toHaveLength(1); // from here on the engine's own
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each(['engine.status', 'engine.load', 'engine.unload', 'models.list', 'models.delete'])(
    'gets no %s',
    async (method) => {
      state = 'granted';
      broker.take(connectPage(), { t: 'request', id: 1, method });
      await settle();
      expect(up).toMatchObject([{ t: 'error', id: 1, error: { code: 'not-allowed' } }]);
      expect(down).toEqual([]);
    },
  );

  test('asks for its permission without waking the engine', async () => {
    const channel = connectPage();
    broker.take(channel, { t: 'request', id: 1, method: 'permissions.query' });
    state = 'denied';
    broker.take(channel, { t: 'request', id: 2, method: 'permissions.request', activation: true });
    await settle();
    expect(last(up).map((frame) => 'result' in frame && frame.result)).toEqual(['prompt', 'denied']);
    expect(down).toEqual([]);
  });

  test.each([
    ['downloadable', 'available'],
    ['downloading', 'available'],
    ['available', 'available'],
    ['unavailable', 'unavailable'],
  ])('without a grant sees %s as %s; with one, as it is', async (real, masked) => {
    for (const [granted, seen] of [
      ['prompt', masked],
      ['denied', masked],
      ['granted', real],
    ] as const) {
      state = granted;
      up = [];
      const channel = connectPage();
      broker.take(channel, { t: 'request', id: 1, method: 'availability' });
      await settle();
      broker.deliver(channel.name, { t: 'done', id: 1, result: real });
      expect(up).toEqual([{ t: 'done', id: 1, result: seen }]);
    }
  });

  test('without a grant learns nothing from a failure either', async () => {
    const channel = connectPage();
    broker.take(channel, { t: 'request', id: 1, method: 'availability' });
    await settle();
    const error = new LocalLLMError('storage-full', 'The model needs 4 GB.').toData();
    broker.deliver(channel.name, { t: 'error', id: 1, error });
    expect(up).toEqual([{ t: 'done', id: 1, result: 'unavailable' }]);
  });

  test('that sends nonsense, an id twice or too much is told so', async () => {
    const channel = await running();
    broker.take(channel, { t: 'request', id: 5, method: 'generate', origin: 'https://bank.example' });
    broker.take(channel, 'nonsense');
    broker.take(channel, GENERATE);
    expect(last(up)).toMatchObject([5, 0, 1].map((id) => ({ t: 'error', id, error: { code: 'bad-argument' } })));
    expect(down.at(-1)).toMatchObject({ frame: { t: 'cancel', id: 1 } });
    broker.deliver(channel.name, { t: 'error', id: 1, error: { code: 'aborted', message: '' } });
    expect(last(up)).toHaveLength(3);

    admit = Promise.withResolvers();
    for (let id = 10; id <= 10 + MAX_OPEN_REQUESTS; id++) broker.take(channel, { ...GENERATE, id });
    expect(up.at(-1)).toMatchObject({ id: 10 + MAX_OPEN_REQUESTS, error: { code: 'quota', quota: MAX_OPEN_REQUESTS } });
  });

  test('that goes away is closed at the engine', async () => {
    const channel = await running();
    broker.disconnect(channel);
    broker.disconnect(channel);
    expect(down.slice(2)).toEqual([{ e: 'close', channel: channel.name }]);
    broker.deliver(channel.name, { t: 'done', id: 1, result: 'r' });
    expect(up).toEqual([]);
  });

  test('whose grant is withdrawn stops at once, others go on', async () => {
    const channel = await running();
    await broker.recheck();
    expect(up).toEqual([]);
    state = 'prompt';
    await broker.recheck();
    expect(up).toMatchObject([{ t: 'error', id: 1, error: { code: 'not-allowed' } }]);
    expect(down.at(-1)).toMatchObject({ channel: channel.name, frame: { t: 'cancel', id: 1 } });
  });
});

test('our own pages need no grant', async () => {
  const channel = broker.connect(OWN, (frame) => up.push(frame));
  broker.take(channel, { t: 'request', id: 1, method: 'permissions.query' });
  broker.take(channel, { t: 'request', id: 2, method: 'models.list' });
  await settle();
  expect(up).toEqual([{ t: 'done', id: 1, result: 'granted' }]);
  expect(down).toMatchObject([
    { e: 'open', identity: { origin: 'chrome-extension://abc', trusted: true, owner: 'ui' } },
    { e: 'frame' },
  ]);
  expect(asked).toEqual([]);
});

test('when the engine vanishes every open request ends, and the next one opens its channel anew', async () => {
  const channel = await running();
  const waiting = broker.connect({ ...PAGE, documentId: 'other' }, (frame) => up.push(frame));
  admit = Promise.withResolvers();
  broker.take(waiting, { ...GENERATE, id: 9 });
  broker.engineLost(new LocalLLMError('disconnected', 'The engine stopped.'));
  expect(up).toMatchObject([{ t: 'error', id: 1, error: { code: 'disconnected' } }]);
  expect(down.slice(2)).toEqual([{ e: 'close', channel: channel.name }]); // it may have reached the next engine
  admit.resolve();
  broker.take(channel, { ...GENERATE, id: 2 });
  await settle();
  expect(down.slice(3).map(({ e }) => e)).toEqual(['open', 'frame', 'open', 'frame']);
});
