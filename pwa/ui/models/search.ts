/**
 * A search that begins when a person stops typing, and ends when they go on.
 *
 * @module
 */
import { type Client, type HubModel, LocalLLMError } from '../../../engine/client/index.ts';
import { Observable } from '../observable.ts';

/** So long after the last key. */
export const PAUSE_MS = 400;
/** Fewer say nothing; nothing is sent. */
export const LEAST_CHARS = 2;

export interface SearchState {
  /** What was looked for; empty: nothing yet. */
  query: string;
  hits: readonly HubModel[];
  /** There are more. */
  next?: string;
  /** 'waiting' for the person to stop typing, 'asking' the hub, 'more' of the same. */
  busy?: 'waiting' | 'asking' | 'more';
  error?: LocalLLMError;
}

export class HubSearch extends Observable<SearchState> {
  readonly #client: Pick<Client, 'searchHub'>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | undefined;

  constructor(client: Pick<Client, 'searchHub'>) {
    super({ query: '', hits: [] });
    this.#client = client;
  }

  /** A key was pressed: what was asked for before is not wanted any more. */
  type(text: string): void {
    this.stop();
    const query = text.trim();
    if (query.length < LEAST_CHARS) return this.set({ query: '', hits: [] });
    const { error: _, busy: __, ...rest } = this.value;
    this.set({ ...rest, busy: 'waiting' });
    this.#timer = setTimeout(() => void this.ask(query), PAUSE_MS);
  }

  /** Asks now. What was found before stays until there is an answer. */
  async ask(text: string): Promise<void> {
    this.stop();
    const query = text.trim();
    if (query.length < LEAST_CHARS) return;
    const { hits } = this.value;
    this.set({ query, hits, busy: 'asking' });
    await this.#fetch(query, undefined, []);
  }

  /** The next ones. */
  async more(): Promise<void> {
    const { query, hits, next, busy } = this.value;
    if (next === undefined || busy) return;
    this.set({ query, hits, next, busy: 'more' });
    await this.#fetch(query, next, hits);
  }

  /** Leaves what was found as it is. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#asking = undefined;
  }

  async #fetch(query: string, after: string | undefined, before: readonly HubModel[]): Promise<void> {
    const asking = new AbortController();
    this.#asking = asking;
    try {
      const { models, next } = await this.#client.searchHub(query, after, asking.signal);
      if (asking.signal.aborted) return;
      const known = new Set(before.map(({ id }) => id)); // between two pages the order may change
      const hits = [...before, ...models.filter(({ id }) => !known.has(id))];
      this.set({ query, hits, ...(next !== undefined && { next }) });
    } catch (thrown) {
      if (asking.signal.aborted) return;
      const error = LocalLLMError.from(thrown);
      this.set({ query, hits: before, error, ...(after !== undefined && { next: after }) });
    }
  }
}
