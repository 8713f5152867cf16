/**
 * Follows the engine's status, connects again when the connection breaks, and does what a person may ask of the engine.
 *
 * @module
 */
import { LocalLLMError } from '../../../engine/protocol/errors.ts';
import type { ErrorData } from '../../../engine/protocol/errors.ts';
import type { EngineStatus } from '../../../engine/protocol/messages.ts';
import type { Client } from '../../../engine/client/index.ts';
import { Observable } from '../observable.ts';

export interface MonitorState {
  /** Undefined until the engine has spoken. */
  status?: EngineStatus;
  /** The connection broke and did not come back at once. */
  disconnected?: ErrorData;
}

/** Failed attempts in a row before the person is told. */
const SILENT_ATTEMPTS = 2;
const RETRY_MS = 400;
const MAX_RETRY_MS = 5_000;

export class EngineMonitor extends Observable<MonitorState> {
  readonly #client: Client;
  #preloaded = false;
  /** Why nothing is loaded until the person asks. */
  #held: ErrorData | undefined;

  constructor(client: Client) {
    super({});
    this.#client = client;
  }

  /** Watches until the returned function is called. */
  start(): () => void {
    const stop = new AbortController();
    void this.#watch(stop.signal);
    return () => stop.abort();
  }

  /** Loads the model once per page, so that the first answer need not wait. Failures show in the status. */
  preload(): void {
    if (this.#preloaded) return;
    this.#preloaded = true;
    this.#client.load().catch(() => {});
  }

  /** Shows an error in the place of an engine that is idle or failed, and loads nothing by itself any more. */
  hold(error: ErrorData): void {
    this.#preloaded = true;
    this.#held = error;
    const { status } = this.value;
    this.set(status ? { ...this.value, status: this.#withHeld(status) } : this.value);
  }

  /** Frees the GPU and loads anew. Failures show in the status. */
  async restart(): Promise<void> {
    const id = this.value.status?.model?.id;
    this.#held = undefined;
    await this.#quietly(async () => {
      await this.#client.unload();
      await this.#client.load(id);
    });
  }

  /** Fetches a damaged file again: what was wrong of it the engine has deleted; what is set for the model stays. */
  async fetchAgain(): Promise<void> {
    await this.#quietly(async () => void (await this.#client.load(this.value.status?.model?.id)));
  }

  #withHeld(status: EngineStatus): EngineStatus {
    if (status.state !== 'idle' && status.state !== 'failed') this.#held = undefined;
    return this.#held ? { ...status, state: 'failed', error: this.#held } : status;
  }

  async #quietly(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const error = LocalLLMError.from(thrown).toData();
      const { status } = this.value;
      // The engine reports its own failures; what never reached it is shown here.
      if (status && status.state !== 'failed' && error.code !== 'aborted') {
        this.set({ ...this.value, status: { ...status, state: 'failed', error } });
      }
    }
  }

  async #watch(signal: AbortSignal): Promise<void> {
    let failures = 0;
    const onStatus = (status: EngineStatus) => {
      failures = 0;
      this.set({ status: this.#withHeld(status) });
    };
    while (!signal.aborted) {
      try {
        await this.#client.watchStatus(onStatus, signal);
      } catch (thrown) {
        const disconnected = LocalLLMError.from(thrown, 'disconnected').toData();
        if (++failures > SILENT_ATTEMPTS) this.set({ ...this.value, disconnected });
      }
      if (!signal.aborted) await pause(Math.min(RETRY_MS * 2 ** failures, MAX_RETRY_MS), signal);
    }
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
