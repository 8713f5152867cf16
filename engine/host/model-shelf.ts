/**
 * The models that can be had here: the catalogue and the weight store.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { CatalogEntry } from '../store/catalog.ts';
import type { ModelStore } from '../store/model-store.ts';

export type HostStore = Pick<ModelStore, 'list' | 'ensure' | 'remove'> & {
  source(id: string): Promise<Awaited<ReturnType<ModelStore['source']>>>;
};

export interface ModelShelfOptions {
  /** Opens the weight store; called lazily, and again after a failure. */
  openStore(): Promise<HostStore>;
  catalog: readonly CatalogEntry[];
}

export class ModelShelf {
  readonly catalog: readonly CatalogEntry[];
  /** The model that is loaded where nobody chose. */
  readonly defaultId: string;
  readonly #openStore: () => Promise<HostStore>;
  #store: Promise<HostStore> | undefined;

  constructor({ catalog, openStore }: ModelShelfOptions) {
    this.catalog = catalog;
    this.#openStore = openStore;
    const first = catalog.find((entry) => entry.default) ?? catalog[0];
    if (!first) throw new LocalLLMError('internal', 'The model catalogue is empty: there is nothing to load.');
    this.defaultId = first.id;
  }

  /** What the id names. @throws LocalLLMError bad-argument for a model that is neither offered nor stored */
  async entry(id: string): Promise<{ name: string; entry: CatalogEntry | undefined }> {
    const entry = this.catalog.find((known) => known.id === id);
    if (entry) return { name: entry.name, entry };
    const stored = await (await this.store()).list();
    if (stored.some((model) => model.id === id)) return { name: id, entry };
    const ids = [...this.catalog, ...stored].map((known) => known.id);
    throw new LocalLLMError('bad-argument', `id: there is no model "${id}". Known: ${[...new Set(ids)].join(', ')}.`);
  }

  /** The weights of a stored model, until they are closed. */
  async open(id: string) {
    const source = await (await this.store()).source(id);
    return { source, close: () => source.close() };
  }

  store(): Promise<HostStore> {
    this.#store ??= this.#openStore().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }
}
