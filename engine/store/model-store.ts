/**
 * The models on this device: fetched once, verified, read back.
 *
 * A model is a record (`<id>.model`) that names its files; the files are blobs that models may share (see blob-store.ts). How often a blob
 * is referred to is counted from the records whenever that matters, so that no crash can make the count wrong: what no record names and
 * nobody writes goes at the next opening.
 *
 * @module
 */
import type { GenericSchema } from 'valibot';
import { LocalLLMError } from '../protocol/errors.ts';
import { type BlobState, BlobStore } from './blob-store.ts';
import { browserEnvironment, type StoreEnvironment } from './environment.ts';
import type { ModelPart, ModelRecord } from './journal.ts';
import { KeptRecord } from './kept-record.ts';
import { ModelRecords } from './model-records.ts';
import { ModelRegistry } from './model-registry.ts';
import { MODELS_DIRECTORY, openOpfs, type StoreDirectory } from './opfs.ts';
import { keyOf, type ModelPlan, samePins } from './plan.ts';
import { checkRoom } from './room.ts';
import { join, newRunning, type Progress, report, type Running } from './running.ts';
import type { StoredFile } from './stored-file.ts';
import { describe, sizesOf, type StoredModel, sum, totalOf } from './stored-model.ts';
import { cancelled } from './transfer.ts';

export interface EnsureOptions {
  /** Bytes that are there, and of all files together where that is known; falls back where a server has to start over. */
  onProgress(bytes: number, total: number | undefined): void;
  signal?: AbortSignal;
}

export interface ModelStoreOptions {
  /** What the application itself was served from: requests there may use If-Range. */
  baseUrl: string;
  /** For tests: smaller requests, smaller pieces. */
  segmentBytes?: number;
  pieceBytes?: number;
}

/** Models in OPFS. Lives in a dedicated worker: only there do files open synchronously. */
export class ModelStore {
  readonly #directory: StoreDirectory;
  readonly #environment: StoreEnvironment;
  readonly #options: ModelStoreOptions;
  readonly #records: ModelRecords;
  readonly #blobs: BlobStore;
  readonly #registry: ModelRegistry;
  readonly #running = new Map<string, Running>();
  /** For repositories that not everyone may read: `Authorization` by origin. */
  readonly #authorizations = new Map<string, string>();

  /** @throws LocalLLMError storage, with advice, where the browser has no OPFS */
  static async open(options: ModelStoreOptions): Promise<ModelStore> {
    const store = new ModelStore(await openOpfs(MODELS_DIRECTORY), browserEnvironment(), options);
    await store.sweep();
    return store;
  }

  constructor(directory: StoreDirectory, environment: StoreEnvironment, options: ModelStoreOptions) {
    this.#directory = directory;
    this.#environment = environment;
    this.#options = options;
    this.#records = new ModelRecords(directory);
    this.#blobs = new BlobStore(directory, environment, options.pieceBytes);
    this.#registry = new ModelRegistry(this.#records, this.#blobs, environment.locks);
  }

  /** A token for the files of one origin, sent to that origin alone; undefined: no longer. */
  authorize(origin: string, token: string | undefined): void {
    if (token === undefined) this.#authorizations.delete(origin);
    else this.#authorizations.set(origin, `Bearer ${token}`);
  }

  /** A record beside the models, which other tabs share. */
  kept<S extends GenericSchema>(name: string, schema: S): KeptRecord<S> {
    return new KeptRecord(this.#directory, name, schema, (act) => this.#registry.locked(name, {}, act));
  }

  async list(): Promise<StoredModel[]> {
    const models = [];
    for (const record of await this.#records.all())
      models.push(describe(record, await this.#states(record), this.#running.get(record.id)));
    return models;
  }

  /** What the record of a model says; undefined where there is none. */
  record(id: string): Promise<ModelRecord | undefined> {
    return this.#records.read(id);
  }

  /**
   * Resolves once all files of the model are stored whole and their hashes are right. Fetches what is missing; where that runs already,
   * joins it. A stopped or broken download keeps its bytes, and the next call goes on from them.
   * @throws LocalLLMError network, not-allowed, hash-mismatch (nothing of that file stays), bad-file, storage, storage-full, aborted
   */
  async ensure(plan: ModelPlan, options: EnsureOptions): Promise<void> {
    for (;;) {
      if (options.signal?.aborted) throw cancelled();
      const running = this.#running.get(plan.id);
      if (running === undefined) {
        const started = this.#start(plan.id, plan, (progress, signal) => this.#bring(plan, progress, signal));
        return join(started, options);
      }
      if (running.plan && samePins(running.plan, plan) && !running.stop.signal.aborted) return join(running, options);
      await running.promise.catch(() => {}); // belongs to those who joined it
    }
  }

  /** Copies local files into the store as one model. @throws LocalLLMError bad-file, bad-argument, storage, storage-full, aborted */
  async import(
    model: Pick<ModelRecord, 'id' | 'name' | 'quantization'>,
    files: readonly File[],
    options: EnsureOptions,
  ): Promise<void> {
    if (this.#running.has(model.id) || (await this.#records.read(model.id))) {
      throw new LocalLLMError(
        'bad-argument',
        `There is a model ${model.id} already. Delete it, or choose another name.`,
      );
    }
    const started = this.#start(model.id, undefined, (progress, signal) =>
      this.#import(model, files, progress, signal),
    );
    await join(started, options);
  }

  /** Stops what fetches or copies the model, for all who wait for it: they get `aborted`. Its bytes stay. */
  async pause(id: string): Promise<void> {
    const running = this.#running.get(id);
    running?.stop.abort();
    await running?.promise.catch(() => {}); // belongs to those who joined it
  }

  /** Opens all files of a stored model. @throws LocalLLMError invalid-state where it is not stored whole, bad-file where it was damaged since, storage where it is in use */
  async source(id: string): Promise<{ files: StoredFile[]; close(): void }> {
    const record = await this.#records.read(id);
    if (!record || this.#running.has(id)) {
      throw new LocalLLMError('invalid-state', `The model ${id} is not stored yet. Download it first.`);
    }
    const files: StoredFile[] = [];
    const close = (): void => files.splice(0).forEach((file) => file.close());
    try {
      for (const { key, name } of record.parts) files.push(await this.#blobs.open(key, name));
    } catch (error) {
      close();
      throw error;
    }
    return { files: [...files], close };
  }

  /** Notes what reading found to be damaged. Returns whether anything of the model is missing now: `ensure` fetches it anew. */
  async mend(id: string): Promise<boolean> {
    const record = await this.#records.read(id);
    if (!record) return false;
    for (const { key } of record.parts) await this.#blobs.heedDamage(key);
    return (await this.#states(record)).some(({ sha256 }) => sha256 === undefined);
  }

  /** The files as they lie on disk, to be saved elsewhere. @throws LocalLLMError invalid-state where one is not stored whole */
  async files(id: string): Promise<{ name: string; file: File }[]> {
    const parts = (await this.#records.read(id))?.parts ?? [];
    const files = [];
    for (const { key, name } of parts) {
      const file = await this.#blobs.file(key);
      if (file) files.push({ name, file });
    }
    if (files.length === parts.length && parts.length > 0) return files;
    throw new LocalLLMError('invalid-state', `The model ${id} is not stored whole. Download it first.`);
  }

  /** Deletes what no model has: the rest of a crash, of another version, of a copy that was never completed. */
  sweep(): Promise<void> {
    return this.#registry.sweep();
  }

  /** @throws LocalLLMError bad-argument where there is no such model */
  async rename(id: string, name: string): Promise<void> {
    await this.#registry.locked('store', {}, async () => {
      const record = await this.#records.read(id);
      if (!record) throw new LocalLLMError('bad-argument', `There is no stored model ${id}.`);
      await this.#records.write({ ...record, name });
    });
  }

  /**
   * Deletes a model, whole or in part, and those of its files that no other model has; work on it that runs here ends as aborted.
   * @throws LocalLLMError invalid-state while it is open, storage while another tab fetches it
   */
  async remove(id: string): Promise<void> {
    const record = await this.#records.read(id);
    if (record && (await this.#registry.ownKeys(record)).some((key) => this.#blobs.isOpen(key))) {
      throw new LocalLLMError('invalid-state', `The model ${id} is in use. Unload it first, then delete it.`);
    }
    for (let running = this.#running.get(id); running; running = this.#running.get(id)) {
      running.stop.abort();
      await running.promise.catch(() => {}); // belongs to those who joined it
    }
    // Stands among the work as some that is ending: a new download waits for it.
    const removal = newRunning(undefined, this.#environment.now);
    removal.stop.abort();
    this.#running.set(id, removal);
    removal.promise = this.#registry
      .locked('store', {}, async () => {
        const now = await this.#records.read(id);
        if (now) await this.#registry.removeRecord(now);
      })
      .finally(() => this.#running.delete(id));
    await removal.promise;
  }

  async #states(record: ModelRecord): Promise<BlobState[]> {
    return Promise.all(record.parts.map(({ key }) => this.#blobs.state(key)));
  }

  #start(
    id: string,
    plan: ModelPlan | undefined,
    work: (progress: Progress, signal: AbortSignal) => Promise<void>,
  ): Running {
    const running = newRunning(plan, this.#environment.now);
    this.#running.set(id, running);
    const done = work((bytes, total) => report(running, bytes, total), running.stop.signal);
    running.promise = done.finally(() => this.#running.delete(id));
    return running;
  }

  async #bring(plan: ModelPlan, onProgress: Progress, signal: AbortSignal): Promise<void> {
    const record = await this.#registry.locked('store', { signal }, () => this.#registry.recordFor(plan));
    const states = await this.#states(record);
    const sizes = sizesOf(record, states);
    const done = states.map(({ stored }) => stored);
    const missing = sum(sizes.map((size, index) => Math.max(0, (size ?? 0) - done[index]!)));
    await checkRoom(plan.name, missing, this.#environment);
    for (const [index, part] of record.parts.entries()) {
      const progress: Progress = (bytes, total) => {
        done[index] = bytes;
        sizes[index] = total;
        onProgress(sum(done), totalOf(sizes));
      };
      await this.#bringPart(record, part, progress, signal);
    }
  }

  async #bringPart(record: ModelRecord, part: ModelPart, onProgress: Progress, signal: AbortSignal): Promise<void> {
    const { segmentBytes } = this.#options;
    const { url: address, name, bytes, sha256, key } = part;
    if (address === undefined) {
      if ((await this.#blobs.state(key)).sha256 !== undefined) return;
      throw new LocalLLMError(
        'bad-file',
        `The stored file ${name} was damaged. Delete the model and choose its file again.`,
      );
    }
    const url = new URL(address);
    const options = {
      name: record.parts.length === 1 ? record.name : name,
      url,
      sameOrigin: url.origin === new URL(this.#options.baseUrl).origin,
      authorization: this.#authorizations.get(url.origin),
      bytes,
      sha256,
      onProgress,
      signal,
      segmentBytes,
    };
    const committed = await this.#registry.locked(`blob:${key}`, { signal }, () => this.#blobs.bring(key, options));
    await this.#registry.pin(record.id, key, committed);
  }

  async #import(
    model: Pick<ModelRecord, 'id' | 'name' | 'quantization'>,
    files: readonly File[],
    onProgress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    const total = sum(files.map(({ size }) => size));
    await checkRoom(model.name, total, this.#environment);
    const parts = files.map(({ name }) => ({ name, key: keyOf({}) }));
    // Named before the first byte, so that nobody sweeps it; forgotten where it is not completed.
    await this.#registry.locked('store', { signal }, () => this.#records.write({ format: 1, ...model, parts }));
    let before = 0;
    try {
      for (const [index, { key }] of parts.entries()) {
        const file = files[index]!;
        const options = { signal, onProgress: (bytes: number) => onProgress(before + bytes, total) };
        const committed = await this.#registry.locked(`blob:${key}`, { signal }, () =>
          this.#blobs.import(key, file, options),
        );
        await this.#registry.pin(model.id, key, committed);
        before += file.size;
      }
    } catch (error) {
      await this.#registry.locked('store', {}, async () => {
        const record = await this.#records.read(model.id);
        if (record) await this.#registry.removeRecord(record);
      });
      throw error;
    }
  }
}
