/**
 * The models that can be had here: the catalogue and the weight store.
 *
 * @module
 */
import type { ModelSource } from '../gguf/split.ts';
import { type ErrorData, LocalLLMError } from '../protocol/errors.ts';
import type { ModelInfo } from '../protocol/models.ts';
import type { CatalogEntry } from '../store/catalog.ts';
import { HUB } from '../store/hub-api.ts';
import type { Found } from '../store/huggingface.ts';
import type { ModelStore } from '../store/model-store.ts';
import { type ModelPlan, planOfRecord } from '../store/plan.ts';
import { findByText, findInCatalog } from '../store/sources.ts';
import { listModels } from './model-list.ts';
import type { ModelStatus } from './model-status.ts';

export type HostStore = Pick<
  ModelStore,
  'list' | 'ensure' | 'remove' | 'record' | 'mend' | 'source' | 'pause' | 'import' | 'files' | 'rename' | 'authorize'
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
  /** The model that is loaded where nobody chose. */
  readonly defaultId: string;
  readonly #options: ModelShelfOptions;
  #store: Promise<HostStore> | undefined;
  #token: string | undefined;

  constructor(options: ModelShelfOptions) {
    const { catalog } = options;
    this.catalog = catalog;
    this.#options = options;
    const first = catalog.find((entry) => entry.kind === 'embedded' && entry.default) ?? catalog[0];
    if (!first) throw new LocalLLMError('internal', 'The model catalogue is empty: there is nothing to load.');
    this.defaultId = first.id;
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

  /**
   * How a model is fetched. What was fetched once is fetched from there again, without asking which files there are.
   * @throws LocalLLMError bad-file (its files came from this device), bad-argument, network, not-allowed, aborted
   */
  async plan(id: string, signal: AbortSignal): Promise<ModelPlan> {
    const { entry, name } = await this.entry(id);
    const record = entry?.kind === 'embedded' ? undefined : await (await this.store()).record(id);
    const known = record && planOfRecord(record);
    if (known) return known;
    if (entry && !record) return (await findInCatalog(entry, undefined, this.#hub(signal))).plan;
    const message = `The files of ${name} came from this device and are no longer whole. Delete the model and choose them again.`;
    throw new LocalLLMError('bad-file', message);
  }

  /** After a file turned out bad: what is damaged on disk is fetched anew by the next load, of a file that lies nothing stays. */
  async discard(id: string): Promise<void> {
    const store = await this.store();
    if (!(await store.mend(id).catch(() => false))) await store.remove(id).catch(() => {}); // the error that led here is told
  }

  /** What a person may choose from. */
  async list(status: ModelStatus, errors: ReadonlyMap<string, ErrorData>): Promise<ModelInfo[]> {
    return listModels(this.catalog, await (await this.store()).list(), status, errors, this.defaultId);
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
    return entry
      ? findInCatalog(entry, quantization, this.#hub(signal))
      : findByText(source, quantization, this.#hub(signal));
  }

  /** A Hugging Face access token; undefined: none any more. */
  async authorize(token: string | undefined): Promise<void> {
    this.#token = token;
    (await this.store()).authorize(HUB, token);
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

  #hub(signal: AbortSignal) {
    const { fetch, baseUrl } = this.#options;
    return { fetch, baseUrl, token: this.#token, signal };
  }
}
