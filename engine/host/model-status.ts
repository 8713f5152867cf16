/**
 * What is told of the model: ready, and while a lost GPU is opened again.
 *
 * @module
 */
import type { LocalLLMError } from '../protocol/errors.ts';
import type { EngineStatus } from '../protocol/messages.ts';
import type { EngineInfo } from '../runtime/engine.ts';

export type ModelStatus = Omit<EngineStatus, 'running' | 'waiting'>;

const RECOVERING = 'The GPU was lost. The model is loaded again, then answers go on where they were.';

export function readyStatus({ id, name }: { id: string; name: string }, info: EngineInfo): ModelStatus {
  const { adapter, gpuBytes, contextTokens, wantedContextTokens } = info;
  const status: ModelStatus = { state: 'ready', model: { id, name, contextTokens }, adapter, gpuBytes };
  if (contextTokens >= wantedContextTokens) return status;
  const [got, wanted] = [contextTokens, wantedContextTokens].map((tokens) => tokens.toLocaleString('en'));
  const notice = `GPU memory is short: the context holds ${got} tokens instead of ${wanted}. Close other tabs that use the GPU and restart the engine, or choose a smaller model.`;
  return { ...status, notice };
}

/** With one thing more that the person should know. */
export function withNotice(status: ModelStatus, notice: string | undefined): ModelStatus {
  if (notice === undefined) return status;
  return { ...status, notice: status.notice === undefined ? notice : `${notice} ${status.notice}` };
}

/** After so long the person may end what still runs. */
const LONG_MS = 60_000;

/** The time in which answers come to their end before another model takes the place of theirs. */
export class WaitingPeriod {
  readonly #name: string;
  /** The same model again, with other settings. */
  readonly #again: boolean;
  readonly #timer: ReturnType<typeof setTimeout>;
  #long = false;

  /**
   * @param again the same model is meant, with other settings
   * @param onLong called when it has lasted long
   */
  constructor(name: string, again: boolean, onLong: () => void) {
    this.#name = name;
    this.#again = again;
    this.#timer = setTimeout(() => {
      this.#long = true;
      onLong();
    }, LONG_MS);
  }

  get isLong(): boolean {
    return this.#long;
  }

  /** @param answers that are still being written */
  notice(answers: number): string | undefined {
    if (answers === 0) return undefined;
    const first = answers === 1 ? 'One answer is' : `${answers} answers are`;
    const how = this.#again ? `unload ${this.#name}` : `choose ${this.#name} once more`;
    const way = this.#long ? ` To end ${answers === 1 ? 'it' : 'them'} now, ${how}.` : '';
    const then = this.#again ? `${this.#name} takes on its new settings` : `${this.#name} is loaded`;
    return `${first} completed first, then ${then}.${way}`;
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

/** The time in which the engine opens a lost GPU again. */
export class RecoveryPeriod {
  /** The status as it was, and will be. */
  readonly before: ModelStatus;
  /** Resolves when everything goes on, rejects when it does not. */
  readonly ended: Promise<void>;
  readonly #settle: PromiseWithResolvers<void>;

  constructor(before: ModelStatus) {
    this.before = before;
    this.#settle = Promise.withResolvers();
    this.ended = this.#settle.promise;
    this.ended.catch(() => {}); // for whoever waits for it
  }

  get status(): ModelStatus {
    const { model } = this.before;
    return { state: 'loading', ...(model ? { model } : {}), progress: 0, notice: RECOVERING };
  }

  end(error?: LocalLLMError): void {
    if (error) this.#settle.reject(error);
    else this.#settle.resolve();
  }
}
