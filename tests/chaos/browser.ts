/**
 * An extension in a pretended browser: background, engine document, worker and pages with the code that ships, each of which can be
 * killed. Install before that code is imported: it keeps the functions that it needs.
 *
 * @module
 */
import { vi } from 'vitest';
import { FILE_EXCHANGE } from '../../engine/protocol/files.ts';
import type { UpFrame } from '../../engine/protocol/messages.ts';
import type { Host } from '../../engine/host/host.ts';
import type { DownEnvelope, UpEnvelope } from '../../engine/protocol/messages.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { type End, Realm, realm, type Universe } from './realm.ts';

const ID = 'abcdef';
const ORIGIN = `chrome-extension://${ID}`;
const never = new Promise<never>(() => {});

let universe: Universe;
let extension: Extension;

// Outside of all worlds is the test's own runner.
const real = { setTimeout, setInterval, clearTimeout, clearInterval };
const later =
  (kind: 'setTimeout' | 'setInterval') =>
  (call: () => void, ms: number): unknown =>
    realm() ? universe.setTimer(call, ms, kind === 'setInterval') : real[kind](call, ms);
const clear = (id: unknown) => (typeof id === 'number' ? universe.clearTimer(id) : real.clearTimeout(id as undefined));
const runtime = {
  id: ID,
  connect: ({ name }: { name: string }) => extension.connect(name, realm()),
  getContexts: async () => (realm().alive ? (extension.offscreen ? [{}] : []) : never),
  sendMessage: async () => {
    extension.offscreen?.dispatch('call', {});
  },
  onMessage: {
    addListener: (listener: (message: unknown, sender: object) => void) => {
      const sender = { id: ID, url: `${ORIGIN}/background.js`, origin: ORIGIN };
      realm().addEventListener('call', () => listener('localllm-offscreen-connect', sender));
    },
  },
};
const offscreen = {
  createDocument: async () => {
    if (!realm().alive) return never;
    if (extension.offscreen) throw new Error('Only a single offscreen document may be created.');
    return extension.openDocument();
  },
  closeDocument: async () => (realm().alive ? extension.closeDocument() : never),
};
const page = {
  postMessage: (data: unknown, _: string, ports: End[]) =>
    realm().dispatch('message', { source: page, data, ports, stopImmediatePropagation: () => {} }),
};

/** A channel's two ends, both in the page's process. */
class Channel {
  readonly port1: End;
  readonly port2: End;
  constructor() {
    [this.port1, this.port2] = universe.wire(realm(), realm());
  }
}
class Port {
  postMessage(this: End, message: unknown): void {
    this.postMessage(message);
  }
}

vi.stubGlobal('chrome', { runtime, offscreen });
vi.stubGlobal('window', page);
vi.stubGlobal('document', {});
vi.stubGlobal('location', { origin: ORIGIN });
vi.stubGlobal('navigator', { userActivation: { isActive: true } });
vi.stubGlobal('MessageChannel', Channel);
vi.stubGlobal('MessagePort', Port);
vi.stubGlobal('MessageEvent', { prototype: {} });
vi.stubGlobal('addEventListener', (type: string, call: (event: object) => void) =>
  realm().addEventListener(type, call),
);
vi.stubGlobal('removeEventListener', () => {});
vi.stubGlobal('setTimeout', later('setTimeout'));
vi.stubGlobal('setInterval', later('setInterval'));
vi.stubGlobal('clearTimeout', clear);
vi.stubGlobal('clearInterval', clear);

const { createHost } = await import('../../engine/host/host.ts');
const { FakeEngine, FakeProfiler, testEntry } = await import('../host-fixture.ts');
const { FakeStore } = await import('../fake-store.ts');
const { createClient } = await import('../../engine/client/client.ts');
const { Broker } = await import('../../extension/bridge/broker.ts');
const { OffscreenPipe } = await import('../../extension/bridge/offscreen-pipe.ts');
const { connectThroughPage } = await import('../../extension/bridge/page-port.ts');
const { acceptPagePort, relayPage } = await import('../../extension/bridge/page-relay.ts');
const { CLIENT_PORT, connectToBackground } = await import('../../extension/bridge/port.ts');
const { EngineRelay } = await import('../../extension/entrypoints/offscreen/engine-relay.ts');

type AnyPort = ReturnType<typeof chrome.runtime.connect>;
type Connect = ReturnType<typeof connectToBackground>;

/** Forgets a request when it has ended. */
class LiveEngine extends FakeEngine {
  override generate(...[request]: Parameters<InstanceType<typeof FakeEngine>['generate']>) {
    const result = super.generate(request);
    const asked = this.requests.at(-1)!;
    const forget = () => void this.requests.splice(this.requests.indexOf(asked), 1);
    result.then(forget, forget);
    return result;
  }
}

export class Extension {
  background: { realm: Realm; accept(name: string, port: End, own: boolean): void } | undefined;
  offscreen: Realm | undefined;
  worker: { realm: Realm; engines: LiveEngine[]; open: Set<string> } | undefined;
  /** Questions that the person has not answered yet. */
  readonly questions: (() => void)[] = [];
  /** Frames that no asker may get: a second end, or text after the end. */
  readonly faults: string[] = [];

  /** From now on what asks for a browser gets this one. */
  static install(into: Universe): Extension {
    universe = into;
    extension = new Extension();
    return extension;
  }

  /** A page with a client, a site's or one of our own. */
  openPage(name: string, own: boolean) {
    const document = new Realm(name);
    const client = document.run(() => {
      if (own) return createClient(this.#watched(connectToBackground()));
      acceptPagePort((port) => relayPage(port));
      return createClient(this.#watched(connectThroughPage()));
    });
    return { document, client };
  }

  connect(name: string, from: Realm): AnyPort {
    if (!from.alive) throw new Error('Extension context invalidated.');
    this.background ??= this.#startBackground();
    const { realm: background, accept } = this.background;
    const [near, far] = universe.wire(from, background);
    const own = name !== CLIENT_PORT || from.name.startsWith('own');
    background.run(() => accept(name, far, own));
    return near as unknown as AnyPort;
  }

  killBackground(): void {
    if (this.background) universe.kill(this.background.realm);
    this.background = undefined;
    this.questions.length = 0;
  }

  openDocument(): void {
    const document = new Realm('offscreen');
    this.offscreen = document;
    document.run(() => new EngineRelay(() => this.#startWorker(document) as unknown as Worker).start());
  }

  closeDocument(): void {
    if (this.offscreen) universe.kill(this.offscreen);
    this.#endWorker();
    this.offscreen = undefined;
  }

  /** The worker throws where nobody catches. */
  crashWorker(): void {
    const { worker, offscreen: document } = this;
    if (!worker || !document) return;
    this.#endWorker();
    document.dispatch(`error ${worker.realm.name}`, { message: 'boom', preventDefault: () => {} });
  }

  /** Requests that an engine which lives works on. */
  get work() {
    return (this.worker?.engines ?? []).flatMap(({ requests }) => requests);
  }

  #startBackground(): NonNullable<Extension['background']> {
    const background = new Realm('background');
    const accept = background.run(() => {
      const pipe = new OffscreenPipe({
        onEnvelope: (envelope) => {
          if (envelope.e === 'frame') broker.deliver(envelope.channel, envelope.frame);
          else broker.engineLost(new LocalLLMError('disconnected', envelope.message));
        },
        onLost: (error) => broker.engineLost(error),
      });
      const asked = (signal: AbortSignal): Promise<void> =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new LocalLLMError('aborted', 'left')));
          if (universe.random.chance(0.7)) resolve();
          else this.questions.push(resolve);
        });
      const broker = new Broker({
        gate: {
          state: async () => 'granted',
          require: (_, { signal }) => asked(signal),
          request: async (_, { signal }) => asked(signal).then(() => 'granted' as const),
        },
        accounts: { begin: async () => ({ take: () => {} }), requireUnpaused: async () => {} },
        toEngine: (envelope) => pipe.send(envelope),
        ownOrigin: ORIGIN,
      });
      return (name: string, port: End, own: boolean): void => {
        if (name !== CLIENT_PORT) return pipe.accept(port as unknown as AnyPort);
        const site = { kind: 'page', origin: 'https://a.example', tabId: 1, documentId: crypto.randomUUID() } as const;
        const asker = own ? ({ kind: 'own', url: new URL(`${ORIGIN}/popup.html`) } as const) : site;
        const channel = broker.connect(asker, (frame) => {
          try {
            port.postMessage(frame);
          } catch {
            // As in background.ts.
          }
        });
        port.onMessage.addListener((frame) => broker.take(channel, frame));
        port.onDisconnect.addListener(() => broker.disconnect(channel));
      };
    });
    return { realm: background, accept };
  }

  #startWorker(document: Realm) {
    const worker = new Realm(`worker ${crypto.randomUUID()}`);
    const [outside, inside] = universe.wire(document, worker);
    const engines: LiveEngine[] = [];
    const open = new Set<string>();
    worker.run(() => {
      const host = createHost({
        createEngine: async () => {
          engines.push(new LiveEngine());
          return engines.at(-1)!;
        },
        createProfiler: async () => new FakeProfiler(),
        openStore: async () => new FakeStore(),
        hasGpu: async () => true,
        readDevice: async () => undefined,
        catalog: [{ ...testEntry('p'), default: true }],
        baseUrl: 'https://example.org/',
        fetch: () => Promise.reject(new TypeError('nothing is asked of the network')),
        openFileChannel: () => new BroadcastChannel(FILE_EXCHANGE),
        estimateStorage: async () => ({}),
        send: (channel, frame) => inside.postMessage({ e: 'frame', channel, frame } satisfies UpEnvelope),
      });
      inside.onMessage.addListener((message) => deliver(host, open, message as DownEnvelope));
    });
    this.worker = { realm: worker, engines, open };
    return {
      addEventListener: (type: string, listener: (event: object) => void) => {
        if (type === 'message') outside.addEventListener(type, listener);
        else document.addEventListener(`${type} ${worker.name}`, listener);
      },
      postMessage: (message: unknown) => worker.alive && outside.postMessage(message),
      terminate: () => {
        if (this.worker?.realm === worker) this.#endWorker();
      },
    };
  }

  #endWorker(): void {
    if (this.worker) universe.kill(this.worker.realm);
    this.worker = undefined;
  }

  /** Looks at what a client gets. */
  #watched(connect: Connect): Connect {
    return (handlers) => {
      const ended = new Set<number>();
      const onFrame = (frame: UpFrame): void => {
        if (ended.has(frame.id)) this.faults.push(`${frame.t} for request ${frame.id}, which has ended`);
        if (frame.t === 'done' || frame.t === 'error') ended.add(frame.id);
        handlers.onFrame(frame);
      };
      return connect({ ...handlers, onFrame });
    };
  }
}

/** As `engine/host/worker.ts`; keeps which channels are open. */
function deliver(host: Host, open: Set<string>, envelope: DownEnvelope): void {
  if (envelope.e === 'configure') return;
  const { channel } = envelope;
  if (envelope.e === 'open') host.open(open.add(channel) && channel, envelope.identity);
  else if (envelope.e === 'frame') host.frame(channel, envelope.frame);
  else if (envelope.e === 'visible') host.visible(channel, envelope.visible);
  else host.close(open.delete(channel) ? channel : '');
}
