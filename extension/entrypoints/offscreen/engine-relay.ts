/**
 * The offscreen document: carries envelopes between the background's port and the engine's worker.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { WorkerWatch } from '../../../engine/client/worker-watch.ts';
import type { DownEnvelope, UpEnvelope } from '../../../engine/protocol/messages.ts';
import { OFFSCREEN_CALL, OFFSCREEN_PORT } from '../../bridge/port.ts';
import { identifySender } from '../../bridge/sender.ts';

type Port = ReturnType<typeof browser.runtime.connect>;

export class EngineRelay {
  readonly #createWorker: () => Worker;
  /** Channels that the worker knows. */
  readonly #channels = new Set<string>();
  #port: Port | undefined;
  #worker: Worker | undefined;
  readonly #watch = new WorkerWatch(() => {
    if (this.#worker) this.#crashed(this.#worker, 'it no longer answered');
  });

  constructor(createWorker: () => Worker) {
    this.#createWorker = createWorker;
  }

  start(): void {
    this.#connect();
    browser.runtime.onMessage.addListener((message: unknown, sender) => {
      const own = identifySender(sender, { id: browser.runtime.id, origin: location.origin }).kind === 'own';
      if (own && message === OFFSCREEN_CALL) this.#connect();
    });
  }

  /** Never by itself after a disconnect: that would wake an idle background for ever. */
  #connect(): void {
    if (this.#port) return;
    const port = browser.runtime.connect({ name: OFFSCREEN_PORT });
    this.#port = port;
    port.onMessage.addListener((envelope: DownEnvelope) => this.#down(envelope));
    port.onDisconnect.addListener(() => {
      if (this.#port !== port) return;
      this.#port = undefined;
      for (const channel of this.#channels) this.#down({ e: 'close', channel });
    });
  }

  #down(envelope: DownEnvelope): void {
    if (envelope.e === 'open') this.#channels.add(envelope.channel);
    if (envelope.e === 'close') this.#channels.delete(envelope.channel);
    // Without a worker nobody has the channel: only opening one is worth a start.
    if (!this.#worker && envelope.e !== 'open') return;
    this.#worker ??= this.#startWorker();
    this.#watch.down(envelope);
    this.#worker.postMessage(envelope);
  }

  #startWorker(): Worker {
    const worker = this.#createWorker();
    worker.addEventListener('message', ({ data }: MessageEvent<UpEnvelope>) => {
      if (this.#worker !== worker) return;
      this.#watch.up(data);
      this.#up(data);
    });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      this.#crashed(worker, event.message);
    });
    worker.addEventListener('messageerror', () => this.#crashed(worker, 'a message could not be read'));
    worker.postMessage({ e: 'configure', baseUrl: `${location.origin}/` } satisfies DownEnvelope);
    return worker;
  }

  #crashed(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#channels.clear();
    this.#watch.end();
    worker.terminate();
    const message = `The engine stopped unexpectedly (${reason || 'its worker did not start'}). Try again: it starts anew.`;
    this.#up({ e: 'lost', message });
  }

  #up(envelope: UpEnvelope): void {
    try {
      this.#port?.postMessage(envelope);
    } catch {
      // The background is gone; its onDisconnect closes what is open.
    }
  }
}
