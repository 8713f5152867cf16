/**
 * The background's pipe to the offscreen document: made when it is needed, made again when it vanished.
 *
 * @module
 */
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { DownEnvelope, UpEnvelope } from '../../engine/protocol/messages.ts';
import { OFFSCREEN_CALL } from './port.ts';

type Port = ReturnType<typeof browser.runtime.connect>;

export interface OffscreenPipeHandlers {
  onEnvelope(envelope: UpEnvelope): void;
  /** The document went away, or could not be made; every channel in it is gone. */
  onLost(error: LocalLLMError): void;
}

export const OFFSCREEN_PATH = '/offscreen.html';
/** A document on this machine connects within milliseconds; later means that it never will. */
const CONNECT_TIMEOUT_MS = 10_000;
const VANISHED = 'The engine stopped before the answer was complete. Try again: it starts anew.';

export class OffscreenPipe {
  readonly #handlers: OffscreenPipeHandlers;
  readonly #queue: DownEnvelope[] = [];
  #port: Port | undefined;
  #opening = false;
  #onConnected: (() => void) | undefined;

  constructor(handlers: OffscreenPipeHandlers) {
    this.#handlers = handlers;
  }

  /** Sends in order; what is sent before the document is there waits for it. */
  send(envelope: DownEnvelope): void {
    if (this.#port) return this.#post(this.#port, envelope);
    if (envelope.e === 'close' && !this.#opening) return; // nobody has that channel
    this.#queue.push(envelope);
    if (!this.#opening) void this.#open();
  }

  #post(port: Port, envelope: DownEnvelope): void {
    try {
      port.postMessage(envelope);
    } catch {
      // The document has just gone: its onDisconnect tells.
    }
  }

  /** The offscreen document connected; the caller has made sure that it is the one. */
  accept(port: Port): void {
    const replaced = this.#port;
    this.#port = port;
    if (replaced) {
      replaced.disconnect();
      this.#handlers.onLost(new LocalLLMError('disconnected', VANISHED));
    }
    port.onMessage.addListener((envelope: UpEnvelope) => {
      if (this.#port === port) this.#handlers.onEnvelope(envelope);
    });
    port.onDisconnect.addListener(() => {
      if (this.#port !== port) return;
      this.#port = undefined;
      this.#handlers.onLost(new LocalLLMError('disconnected', VANISHED));
    });
    for (const envelope of this.#queue.splice(0)) this.#post(port, envelope);
    this.#onConnected?.();
  }

  async #open(): Promise<void> {
    this.#opening = true;
    let failure: unknown;
    try {
      const existed = await this.#ensureDocument();
      if (existed && !(await this.#connected(existed))) {
        // It is there and does not answer: a crash left it behind.
        await browser.offscreen.closeDocument().catch(() => {});
        await this.#ensureDocument();
      }
      if (!(await this.#connected(false))) {
        throw new LocalLLMError('disconnected', 'The engine did not start. Try again, or reload the extension.');
      }
    } catch (error) {
      failure = error;
    }
    this.#opening = false;
    if (failure === undefined) {
      // It connected and vanished again, all in the meantime.
      if (!this.#port && this.#queue.length > 0) void this.#open();
      return;
    }
    this.#queue.length = 0;
    this.#handlers.onLost(LocalLLMError.from(failure, 'disconnected'));
  }

  /** True when the document was there before. */
  async #ensureDocument(): Promise<boolean> {
    const contexts = await browser.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
    if (contexts.length > 0) return true;
    await browser.offscreen.createDocument({
      url: OFFSCREEN_PATH,
      reasons: ['WORKERS'],
      justification: 'Runs the language model in a worker with WebGPU.',
    });
    return false;
  }

  /** Whether the document connected in time; `call` asks one that was there already. */
  async #connected(call: boolean): Promise<boolean> {
    if (this.#port) return true;
    // Nobody may listen yet (it is still loading): then it connects by itself.
    if (call) await browser.runtime.sendMessage(OFFSCREEN_CALL).catch(() => {});
    if (this.#port) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), CONNECT_TIMEOUT_MS);
      this.#onConnected = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}
