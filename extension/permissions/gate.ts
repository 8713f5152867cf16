/**
 * Whether a document may use the engine, asking the person where that is allowed.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { GrantKey, Grants } from './grants.ts';
import type { Decision } from './messages.ts';
import type { Questions } from './questions.ts';
import { siteName } from './site.ts';

export interface AskOptions {
  /** Whether the page says that the person has just clicked or typed in it. */
  activation: boolean;
  signal: AbortSignal;
}

/** A document whose questions were closed this often is not asked about again until it is reloaded. */
const MAX_DISMISSALS = 3;

export class PermissionGate {
  readonly #grants: Pick<Grants, 'state' | 'decide' | 'touch'>;
  readonly #questions: Pick<Questions, 'ask'>;
  readonly #dismissals = new Map<string, number>();

  constructor(grants: Pick<Grants, 'state' | 'decide' | 'touch'>, questions: Pick<Questions, 'ask'>) {
    this.#grants = grants;
    this.#questions = questions;
  }

  /** Asks nothing. */
  state(key: GrantKey): Promise<PermissionState> {
    return this.#grants.state(key);
  }

  /** Resolves when the document may go on. @throws LocalLLMError not-allowed, aborted */
  async require(key: GrantKey, options: AskOptions): Promise<void> {
    const state = await this.request(key, options);
    if (state === 'granted') return this.#grants.touch(key);
    const message =
      state === 'denied'
        ? `${siteName(key)} may not use localLLM. The person who uses this browser can change that in localLLM's settings.`
        : 'The question whether this page may use localLLM was closed without an answer.';
    throw new LocalLLMError('not-allowed', message);
  }

  /** The state after asking, where there is something to ask. @throws LocalLLMError not-allowed, aborted */
  async request(key: GrantKey, { activation, signal }: AskOptions): Promise<PermissionState> {
    const state = await this.#grants.state(key);
    if (state !== 'prompt') return state;
    if (!activation) {
      const advice = 'Call it from a click or a key press.';
      throw new LocalLLMError(
        'not-allowed',
        `This page may not use localLLM yet, and asking needs the person. ${advice}`,
      );
    }
    if ((this.#dismissals.get(key.documentId) ?? 0) >= MAX_DISMISSALS) {
      const message =
        'The question whether this page may use localLLM was closed several times. Reload the page to ask again.';
      throw new LocalLLMError('not-allowed', message);
    }
    return this.#settle(key, await this.#questions.ask(key, signal));
  }

  /** The document is gone. */
  forget(documentId: string): void {
    this.#dismissals.delete(documentId);
  }

  async #settle(key: GrantKey, decision: Decision): Promise<PermissionState> {
    if (decision === 'dismissed') {
      this.#dismissals.set(key.documentId, (this.#dismissals.get(key.documentId) ?? 0) + 1);
      return 'prompt';
    }
    await this.#grants.decide(key, decision);
    return this.#grants.state(key);
  }
}
