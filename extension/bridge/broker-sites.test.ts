/** What the broker does by site: counts, owners, which one is seen. */
import { beforeEach, describe, expect, test } from 'vitest';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { DownEnvelope, UpFrame } from '../../engine/protocol/messages.ts';
import { Broker } from './broker.ts';
import type { PageSender } from './sender.ts';

const PAGE: PageSender = { kind: 'page', origin: 'https://a.example', tabId: 1, documentId: 'doc' };
const GENERATE = { t: 'request', id: 1, method: 'generate', params: { input: 'x', options: {}, stream: true } };

let state: PermissionState;
let down: DownEnvelope[];
let up: UpFrame[];
/** What the accounts were told: who began, and each frame of it. */
let counted: (string | UpFrame)[];
let budget: () => void;
/** Why what runs has to end. */
let beyond: LocalLLMError | undefined;
let broker: Broker;

beforeEach(() => {
  state = 'granted';
  [down, up, counted] = [[], [], []];
  budget = () => {};
  beyond = undefined;
  broker = new Broker({
    gate: { state: async () => state, require: async () => {}, request: async () => state },
    accounts: {
      requireUnpaused: async () => budget(),
      begin: async (site, method) => {
        budget();
        counted.push(`${method} ${site.origin}`);
        return { take: (frame) => (counted.push(frame), beyond) };
      },
    },
    toEngine: (envelope) => down.push(envelope),
    ownOrigin: 'chrome-extension://abc',
  });
});

const connectPage = () => broker.connect(PAGE, (frame) => up.push(frame));
const settle = () => new Promise((resolve) => setTimeout(resolve, 1));
/** A page whose answer is under way. */
async function running() {
  const channel = connectPage();
  broker.take(channel, GENERATE);
  await settle();
  return channel;
}

describe('what a page asks for', () => {
  const delta: UpFrame = { t: 'delta', id: 1, text: 'a' };

  test('is counted to its last frame', async () => {
    const channel = await running();
    broker.deliver(channel.name, delta);
    const done: UpFrame = { t: 'done', id: 1, result: 'r' };
    broker.deliver(channel.name, done);
    expect(counted).toEqual(['generate https://a.example', delta, done]);
  });

  test.each<[string, (channel: Awaited<ReturnType<typeof running>>) => unknown, string]>([
    ['leaves', (channel) => broker.disconnect(channel), 'aborted'],
    ['loses the engine', () => broker.engineLost(new LocalLLMError('disconnected', '')), 'disconnected'],
    ['loses its grant', () => ((state = 'denied'), broker.recheck()), 'not-allowed'],
  ])('is counted where it %s', async (_, end, code) => {
    const channel = await running();
    await end(channel);
    expect(counted.slice(1)).toMatchObject([{ t: 'error', error: { code } }]);
  });

  test('is refused beyond its budget, which asks nothing and wakes nobody', async () => {
    budget = () => {
      throw new LocalLLMError('quota', 'Too much.', { details: { requested: 2, quota: 1 } });
    };
    broker.take(connectPage(), GENERATE);
    await settle();
    expect(up).toMatchObject([{ t: 'error', id: 1, error: { code: 'quota', requested: 2, quota: 1 } }]);
    expect(down).toEqual([]);
  });

  test('ends where its budget does', async () => {
    const channel = await running();
    beyond = new LocalLLMError('quota', 'Too much.');
    broker.deliver(channel.name, delta);
    expect(up).toMatchObject([delta, { t: 'error', id: 1, error: { code: 'quota' } }]);
    expect(down.at(-1)).toMatchObject({ frame: { t: 'cancel', id: 1 } });
  });

  test('ends when the site is paused', async () => {
    await running();
    budget = () => {
      throw new LocalLLMError('not-allowed', 'paused');
    };
    await broker.recheck();
    expect(up).toMatchObject([{ t: 'error', id: 1, error: { code: 'not-allowed', message: 'paused' } }]);
    expect(down.at(-1)).toMatchObject({ frame: { t: 'cancel', id: 1 } });
  });

  test('and cancels before it was let through is given back', async () => {
    const channel = connectPage();
    budget = () => broker.take(channel, { t: 'cancel', id: 1 });
    broker.take(channel, GENERATE);
    await settle();
    expect(counted).toMatchObject(['generate https://a.example', { t: 'error', error: { code: 'aborted' } }]);
    expect(down).toEqual([]);
  });
});

describe('whose it is', () => {
  const ownerOf = async (asker: Partial<PageSender>) => {
    broker.take(
      broker.connect({ ...PAGE, ...asker }, () => {}),
      GENERATE,
    );
    await settle();
    const open = down.findLast((envelope) => envelope.e === 'open');
    return open?.identity.owner ?? '';
  };

  test('a frame belongs to itself in the page around it', async () => {
    expect(await ownerOf({ top: 'https://b.example' })).toBe('https://b.example|https://a.example');
  });

  test('a private window has an owner of its own, another one each time private windows are open', async () => {
    const first = await ownerOf({ private: true });
    expect(first).toMatch(/^https:\/\/a\.example\|private /);
    expect(await ownerOf({ private: true })).toBe(first);
    broker.endPrivateSession();
    expect(await ownerOf({ private: true })).not.toBe(first);
  });
});

test('the engine is told which tab is seen, as far as it knows its channels', async () => {
  const one = await running();
  const two = broker.connect({ ...PAGE, tabId: 2 }, () => {});
  down = [];
  broker.see(1);
  broker.see(1);
  broker.see(2);
  expect(down).toEqual([
    { e: 'visible', channel: one.name, visible: true },
    { e: 'visible', channel: one.name, visible: false },
  ]);
  broker.take(two, GENERATE);
  await settle();
  expect(down.slice(2).map(({ e }) => e)).toEqual(['open', 'visible', 'frame']);
  broker.see(undefined);
  expect(down.at(-1)).toEqual({ e: 'visible', channel: two.name, visible: false });
});

describe('that another model answers', () => {
  const frame: UpFrame = { t: 'model', id: 0, contextTokens: 2048 };

  test('learns who may be answered', async () => {
    const channel = await running();
    const own: UpFrame[] = [];
    const { name } = broker.connect({ kind: 'own', url: new URL('chrome-extension://abc/popup.html') }, (told) =>
      own.push(told),
    );
    for (const to of [channel.name, name]) broker.deliver(to, frame);
    await settle();
    expect([up, own]).toEqual([[frame], [frame]]);
  });

  test.each(['prompt', 'denied'] as const)('no page that has no grant (%s) learns', async (without) => {
    const channel = await running();
    state = without;
    broker.deliver(channel.name, frame);
    await settle();
    state = 'granted';
    broker.deliver(channel.name, frame);
    broker.disconnect(channel);
    await settle();
    expect(up.filter(({ t }) => t === 'model')).toEqual([]);
  });
});
