/**
 * The models that can be had here: the catalogue and the weight store.
 *
 * @module
 */
import type { ModelSource } from '../gguf/split.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import type { CatalogEntry } from '../store/catalog.ts';
import type { Methods } from '../protocol/messages.ts';
import { HUB } from '../store/hub-api.ts';
import { searchHub } from '../store/hub-search.ts';
import type { Found } from '../store/huggingface.ts';
import type { ModelStore } from '../store/model-store.ts';
import { type ModelPlan, type PlannedPart, planOfRecord } from '../store/plan.ts';
import { RemoteFile } from '../store/remote-file.ts';
import { findByText, findInCatalog } from '../store/sources.ts';
import { type ListOptions, listModels } from './model-list.ts';
import { Preferences, PreferencesSchema } from './preferences.ts';

export type HostStore = Pick<
  ModelStore,
  | 'list'
  | 'ensure'
  | 'remove'
  | 'record'
  | 'mend'
  | 'source'
  | 'pause'
  | 'import'
  | 'files'
  | 'rename'
  | 'authorize'
  | 'kept'
>;

export interface ModelShelfOptions {
  /** Opens the weight store; called lazily, and again after a failure. */
  openStore(): Promise<HostStore>;
  catalog: readonly CatalogEntry[];
  /** What relative addresses of the catalogue are relative to. */
  baseUrl: string;
  /** Asks Hugging Face which files there are. */
  fetch: typeof fetch;
}

export class ModelShelf {
  readonly catalog: readonly CatalogEntry[];
  readonly preferences: Preferences;
  /** The model that is loaded where nobody chose. */
  readonly #embeddedId: string;
  readonly #options: ModelShelfOptions;
  #store: Promise<HostStore> | undefined;
  /** What the store sends to the hub now. */
  #token: string | undefined;

  constructor(options: ModelShelfOptions) {
    const { catalog } = options;
    this.catalog = catalog;
    this.#options = options;
    const first = catalog.find((entry) => entry.kind === 'embedded' && entry.default) ?? catalog[0];
    if (!first) throw new LocalLLMError('internal', 'The model catalogue is empty: there is nothing to load.');
    this.#embeddedId = first.id;
    this.preferences = new Preferences(async () => (await this.store()).kept('preferences', PreferencesSchema));
  }

  /** What the id names. @throws LocalLLMError bad-argument for a model that is neither offered nor stored */
  async entry(id: string): Promise<{ name: string; entry: CatalogEntry | undefined }> {
    const entry = this.catalog.find((known) => known.id === id);
    if (entry) return { name: entry.name, entry };
    const stored = await (await this.store()).list();
    const found = stored.find((model) => model.id === id);
    if (found) return { name: found.name, entry };
    const ids = [...this.catalog, ...stored].map((known) => known.id);
    throw new LocalLLMError('bad-argument', `id: there is no model "${id}". Known: ${[...new Set(ids)].join(', ')}.`);
  }

  /** The model that all share: the one that was chosen, while it is there. */
  async defaultId(): Promise<string> {
    const { defaultId } = await this.preferences.read();
    if (defaultId === undefined || defaultId === this.#embeddedId) return this.#embeddedId;
    const there = this.catalog.some(({ id }) => id === defaultId) || (await this.isStored(defaultId));
    return there ? defaultId : this.#embeddedId;
  }

  /** Whether it travels with the application. */
  isEmbedded(id: string): boolean {
    return this.catalog.some((entry) => entry.id === id && entry.kind === 'embedded');
  }

  /**
   * How a model is fetched. What was fetched once is fetched from there again, without asking which files there are.
   * @throws LocalLLMError bad-file (its files came from this device), bad-argument, network, not-allowed, aborted
   */
  async plan(id: string, signal: AbortSignal): Promise<ModelPlan> {
    const { entry, name } = await this.entry(id);
    const hub = await this.#hub(signal);
    const record = entry?.kind === 'embedded' ? undefined : await (await this.store()).record(id);
    const known = record && planOfRecord(record);
    if (known) return known;
    if (entry && !record) return (await findInCatalog(entry, undefined, hub)).plan;
    const message = `The files of ${name} came from this device and are no longer whole. Delete the model and choose them again.`;
    throw new LocalLLMError('bad-file', message);
  }

  /** After a file turned out bad: what is damaged on disk is fetched anew by the next load, of a file that lies nothing stays. */
  async discard(id: string): Promise<void> {
    const store = await this.store();
    if (!(await store.mend(id).catch(() => false))) await store.remove(id).catch(() => {}); // the error that led here is told
  }

  /** What a person may choose from. */
  async list(more: Pick<ListOptions, 'status' | 'errors' | 'adapter'>): Promise<ModelInfo[]> {
    const [stored, preferences, defaultId] = await Promise.all([
      (await this.store()).list(),
      this.preferences.read(),
      this.defaultId(),
    ]);
    return listModels({ ...more, catalog: this.catalog, stored, preferences, defaultId });
  }

  /** Whether it is stored whole. */
  async isStored(id: string): Promise<boolean> {
    return (await (await this.store()).list()).some((model) => model.id === id && model.complete);
  }

  /** Whether all that is needed is stored: of the embedded model, the version that this build carries. */
  async isCurrent(id: string): Promise<boolean> {
    if (!(await this.isStored(id))) return false;
    const { entry } = await this.entry(id);
    const record = entry?.kind === 'embedded' ? await (await this.store()).record(id) : undefined;
    return entry?.kind !== 'embedded' || record?.parts[0]?.sha256 === entry.sha256;
  }

  /** What a person's words name. @throws LocalLLMError bad-argument, network, not-allowed, aborted */
  async find(source: string, quantization: string | undefined, signal: AbortSignal): Promise<Found> {
    const entry = this.catalog.find(({ id }) => id === source);
    const hub = await this.#hub(signal);
    return entry ? findInCatalog(entry, quantization, hub) : findByText(source, quantization, hub);
  }

  /** GGUF files on Hugging Face. @throws LocalLLMError bad-argument, network, not-allowed, aborted */
  async search(
    query: string,
    next: string | undefined,
    signal: AbortSignal,
  ): Promise<Methods['models.search']['result']> {
    return searchHub(query, next, await this.#hub(signal));
  }

  /** The beginning of a file that is not stored. @throws LocalLLMError network, not-allowed, aborted */
  async openRemote({ url, name, bytes }: PlannedPart, signal: AbortSignal): Promise<RemoteFile> {
    const { fetch, token } = await this.#hub(signal);
    const address = new URL(url);
    const authorization = token !== undefined && address.origin === HUB ? `Bearer ${token}` : undefined;
    return RemoteFile.open(address, { fetch, name, bytes, authorization, signal });
  }

  /** A Hugging Face access token; undefined: none any more. */
  async authorize(token: string | undefined): Promise<void> {
    await this.preferences.setToken(token);
    await this.#readToken();
  }

  /** The weights of a stored model, until they are closed. */
  async open(id: string): Promise<{ source: ModelSource; close(): void }> {
    const { files, close } = await (await this.store()).source(id);
    return { source: files, close };
  }

  store(): Promise<HostStore> {
    this.#store ??= this.#options.openStore().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  async #hub(signal: AbortSignal) {
    const { fetch, baseUrl } = this.#options;
    return { fetch, baseUrl, token: await this.#readToken(), signal };
  }

  /** As another window may have set it. The store sends it from now on. */
  async #readToken(): Promise<string | undefined> {
    const { hubToken } = await this.preferences.read();
    if (hubToken !== this.#token) (await this.store()).authorize(HUB, hubToken);
    this.#token = hubToken;
    return hubToken;
  }
}
