/** The three pipes between a page and the engine, each against a fake of what the browser puts at its ends. */
import { fakeBrowser } from 'wxt/testing/fake-browser';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClient } from '../../engine/client/client.ts';
import type { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { DownEnvelope } from '../../engine/protocol/messages.ts';
import { FakePort } from '../../tests/fake-port.ts';
import { HELLO } from './page-messages.ts';

type AnyPort = ReturnType<typeof chrome.runtime.connect>;
const asPort = (port: FakePort) => port as unknown as AnyPort;

const ID = 'abcdef';
const page = new EventTarget();
const active = { isActive: true };
let ports: FakePort[] = [];
let alive = true;

Object.defineProperty(fakeBrowser.runtime, 'id', { get: () => (alive ? ID : undefined), configurable: true });
const offscreen = { createDocument: vi.fn<() => Promise<void>>(), closeDocument: vi.fn<() => Promise<void>>() };
const getContexts = vi.fn<() => Promise<object[]>>();
const sendMessage = vi.fn<(message: unknown) => Promise<void>>();
Object.assign(fakeBrowser, { offscreen });
Object.assign(fakeBrowser.runtime, {
  getContexts,
  sendMessage,
  connect: ({ name }: { name: string }) => {
    if (!alive) throw new Error('Extension context invalidated.');
    ports.push(new FakePort(name));
    return ports.at(-1);
  },
});
vi.stubGlobal('chrome', fakeBrowser);
vi.stubGlobal('window', page);
vi.stubGlobal('document', {});
vi.stubGlobal('location', { origin: `chrome-extension://${ID}` });
vi.stubGlobal('navigator', { userActivation: active });
vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
const { acceptPagePort, relayPage } = await import('./page-relay.ts');
const { connectThroughPage } = await import('./page-port.ts');
const { OffscreenPipe } = await import('./offscreen-pipe.ts');
const { EngineRelay } = await import('../entrypoints/offscreen/engine-relay.ts');
const { CLIENT_PORT, OFFSCREEN_CALL, OFFSCREEN_PORT } = await import('./port.ts');

beforeEach(() => {
  ports = [];
  alive = true;
  active.isActive = true;
  vi.clearAllMocks();
  offscreen.createDocument.mockResolvedValue();
  offscreen.closeDocument.mockResolvedValue();
  sendMessage.mockResolvedValue();
});
afterEach(() => vi.useRealTimers());

const OPEN: DownEnvelope = {
  e: 'open',
  channel: 'c',
  identity: { origin: 'https://a.example', trusted: false, owner: 'https://a.example' },
};
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'no error',
    (error: unknown) => (error as LocalLLMError).code,
  );

describe('page and content script', () => {
  /** A page with provider and content script; the port went from one to the other. */
  function install() {
    const overheard = vi.fn<(event: Event) => void>();
    let handed: MessagePort | undefined;
    Object.assign(page, {
      postMessage: (data: unknown, _: string, transfer: MessagePort[]) => {
        handed = transfer[0];
        page.dispatchEvent(Object.assign(new Event('message'), { source: page, data, ports: transfer }));
      },
    });
    acceptPagePort(relayPage);
    page.addEventListener('message', overheard);
    const client = createClient(connectThroughPage());
    return { client, overheard, handed: handed! };
  }

  test('a request goes to the background with the activation that the content script sees, the answer back', async () => {
    const { client, overheard, handed } = install();
    expect(overheard).not.toHaveBeenCalled();
    expect(ports).toEqual([]); // an idle page wakes nobody
    const asked = client.availability();
    await vi.waitFor(() => expect(ports[0]?.posted).toHaveLength(1));
    expect(ports[0]!.name).toBe(CLIENT_PORT);
    expect(ports[0]!.posted[0]).toEqual({ t: 'request', id: 1, method: 'availability', activation: true });
    ports[0]!.receive({ t: 'done', id: 1, result: 'available' });
    expect(await asked).toBe('available');
    handed.close();
  });

  test('a page cannot claim an activation that it does not have, nor send what is no frame', async () => {
    active.isActive = false;
    const received: unknown[] = [];
    const { port1, port2 } = new MessageChannel();
    acceptPagePort(relayPage);
    const hello = { source: page, data: HELLO, ports: [port2] };
    page.dispatchEvent(Object.assign(new Event('message'), { ...hello, source: {} })); // of another window
    page.dispatchEvent(Object.assign(new Event('message'), hello));
    port1.addEventListener('message', ({ data }) => received.push(data));
    port1.start();
    port1.postMessage({ t: 'request', id: 1, method: 'generate', activation: true });
    port1.postMessage({ t: 'request', id: 2, method: 'generate', origin: 'https://bank.example' });
    await vi.waitFor(() => expect(received).toHaveLength(1));
    expect(received).toMatchObject([{ t: 'error', id: 2, error: { code: 'bad-argument' } }]);
    expect(ports[0]!.posted).toEqual([{ t: 'request', id: 1, method: 'generate', activation: false }]);
    port1.close();
  });

  test('when the background goes, open requests fail and the next one connects again', async () => {
    const { client, handed } = install();
    const lost = codeOf(client.availability());
    await vi.waitFor(() => expect(ports).toHaveLength(1));
    ports[0]!.drop();
    expect(await lost).toBe('disconnected');
    const again = client.availability();
    await vi.waitFor(() => expect(ports[1]?.posted).toHaveLength(1));
    ports[1]!.receive({ t: 'done', id: 2, result: 'available' });
    expect(await again).toBe('available');
    handed.close();
  });

  test('under a reloaded extension the page is told to reload', async () => {
    const { client, handed } = install();
    const running = client.availability();
    await vi.waitFor(() => expect(ports).toHaveLength(1));
    alive = false;
    ports[0]!.drop();
    const message = 'localLLM was updated or reloaded. Reload this page to use it again.';
    await expect(running).rejects.toMatchObject({ code: 'disconnected', message });
    await expect(client.availability()).rejects.toMatchObject({ code: 'disconnected', message });
    handed.close();
  });

  test('leaving the page ends its connection; a page that comes back connects anew', async () => {
    const { client, handed } = install();
    const running = codeOf(client.availability());
    await vi.waitFor(() => expect(ports).toHaveLength(1));
    page.dispatchEvent(new Event('pagehide'));
    expect(ports[0]!.closed).toBe(true);
    expect(await running).toBe('disconnected');
    void client.availability().catch(() => {}); // a page that is shown again
    await vi.waitFor(() => expect(ports[1]?.posted).toHaveLength(1));
    handed.close();
  });
});

describe('background and offscreen document', () => {
  const CLOSE: DownEnvelope = { e: 'close', channel: 'c' };
  function pipe() {
    const lost: LocalLLMError[] = [];
    const up: unknown[] = [];
    const created = new OffscreenPipe({ onEnvelope: (e) => up.push(e), onLost: (error) => lost.push(error) });
    return { created, lost, up };
  }

  test('the document is made once, and what was sent meanwhile arrives in order', async () => {
    getContexts.mockResolvedValue([]);
    const { created, lost, up } = pipe();
    created.send(OPEN);
    created.send(CLOSE);
    await vi.waitFor(() => expect(offscreen.createDocument).toHaveBeenCalledTimes(1));
    const port = new FakePort(OFFSCREEN_PORT);
    created.accept(asPort(port));
    created.send(OPEN);
    expect(port.posted).toEqual([OPEN, CLOSE, OPEN]);
    port.receive({ e: 'lost', message: 'x' });
    expect(up).toEqual([{ e: 'lost', message: 'x' }]);
    expect(offscreen.createDocument).toHaveBeenCalledTimes(1);
    expect(lost).toEqual([]);
  });

  test('a document that is there is called; when it vanishes that is told, and the next message makes another', async () => {
    getContexts.mockResolvedValue([{}]);
    const { created, lost } = pipe();
    created.send(OPEN);
    await vi.waitFor(() => expect(sendMessage).toHaveBeenCalledWith(OFFSCREEN_CALL));
    const first = new FakePort(OFFSCREEN_PORT);
    created.accept(asPort(first));
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(first.posted).toEqual([OPEN]);
    expect(offscreen.createDocument).not.toHaveBeenCalled();
    first.drop();
    expect(lost).toMatchObject([{ code: 'disconnected' }]);
    getContexts.mockResolvedValue([]);
    created.send(OPEN);
    await vi.waitFor(() => expect(offscreen.createDocument).toHaveBeenCalledTimes(1));
    const second = new FakePort(OFFSCREEN_PORT);
    created.accept(asPort(second));
    expect(second.posted).toEqual([OPEN]);
  });

  test('a document that does not answer is replaced; one that never does is an error', async () => {
    vi.useFakeTimers();
    getContexts.mockResolvedValueOnce([{}]).mockResolvedValue([]);
    const { created, lost } = pipe();
    created.send(OPEN);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(offscreen.closeDocument).toHaveBeenCalledTimes(1);
    expect(offscreen.createDocument).toHaveBeenCalledTimes(1);
    expect(lost).toEqual([]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(lost).toMatchObject([{ code: 'disconnected' }]);
    const late = new FakePort(OFFSCREEN_PORT);
    created.accept(asPort(late));
    expect(late.posted).toEqual([]); // what failed is not sent after all
  });

  test('a browser that makes no document is an error', async () => {
    getContexts.mockResolvedValue([]);
    offscreen.createDocument.mockRejectedValue(new Error('no page'));
    const { created, lost } = pipe();
    created.send(OPEN);
    await vi.waitFor(() => expect(lost).toMatchObject([{ code: 'disconnected', message: 'no page' }]));
  });
});

describe('offscreen document and worker', () => {
  class FakeWorker extends EventTarget {
    readonly posted: DownEnvelope[] = [];
    terminate = vi.fn<() => void>();
    postMessage(message: DownEnvelope): void {
      this.posted.push(message);
    }
  }
  const CONFIGURE: DownEnvelope = { e: 'configure', baseUrl: `chrome-extension://${ID}/` };
  function relay() {
    const workers: FakeWorker[] = [];
    new EngineRelay(() => {
      workers.push(new FakeWorker());
      return workers.at(-1) as unknown as Worker;
    }).start();
    return { workers, port: ports.at(-1)! };
  }

  test('the first channel starts the worker; envelopes go both ways', () => {
    const { workers, port } = relay();
    port.receive({ e: 'close', channel: 'unknown' });
    expect(workers).toEqual([]);
    port.receive(OPEN);
    expect(workers[0]!.posted).toEqual([CONFIGURE, OPEN]);
    const data = { e: 'frame', channel: 'c', frame: { t: 'heartbeat', id: 1 } };
    workers[0]!.dispatchEvent(Object.assign(new Event('message'), { data }));
    expect(port.posted).toEqual([data]);
  });

  test('a crashed worker is reported, and the next channel starts another', () => {
    const { workers, port } = relay();
    port.receive(OPEN);
    workers[0]!.dispatchEvent(Object.assign(new Event('error'), { message: 'boom' }));
    expect(workers[0]!.terminate).toHaveBeenCalledTimes(1);
    expect(port.posted).toMatchObject([{ e: 'lost', message: expect.stringContaining('boom') }]);
    port.receive(OPEN);
    expect(workers[1]!.posted).toEqual([CONFIGURE, OPEN]);
    workers[0]!.dispatchEvent(new Event('error'));
    expect(port.posted).toHaveLength(1);
  });

  test('when the background goes, its channels are closed; it is connected again only when it calls', async () => {
    const { workers, port } = relay();
    port.receive(OPEN);
    port.drop();
    expect(workers[0]!.posted.at(-1)).toEqual({ e: 'close', channel: 'c' });
    expect(ports).toHaveLength(1);
    const call = async (sender: object) => void (await fakeBrowser.runtime.onMessage.trigger(OFFSCREEN_CALL, sender));
    const own = { id: ID, url: `chrome-extension://${ID}/background.js`, origin: `chrome-extension://${ID}` };
    await call({ ...own, id: 'other' });
    expect(ports).toHaveLength(1);
    await call(own);
    await call(own);
    expect(ports).toHaveLength(2);
  });
});
