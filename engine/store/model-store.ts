/**
 * The models on this device: downloaded once, verified, read back.
 *
 * Each model is two files: `<id>.gguf`, its bytes, and `<id>.journal`, what is known of them (see journal.ts). A model counts
 * as stored only while the journal's last record says so and the bytes agree with it.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { CatalogEntry } from './catalog.ts';
import { browserEnvironment, type StoreEnvironment } from './environment.ts';
import { Journal, type JournalRecord, lastRecord } from './journal.ts';
import { openOpfs, type StoreDirectory } from './opfs.ts';
import { isWhole, type StoredFile, storedFile } from './stored-file.ts';
import { cancelled, Transfer } from './transfer.ts';

export interface EnsureOptions {
  /** What relative URLs of the catalogue are relative to. */
  baseUrl: string;
  /** Bytes that are there, of `entry.bytes`; falls back where the server has to start over. */
  onProgress(bytes: number): void;
  signal?: AbortSignal;
}

/** One download and those who wait for it. */
interface Running {
  readonly sha256: string;
  readonly stop: AbortController;
  readonly listeners: Set<(bytes: number) => void>;
  waiting: number;
  done: number;
  promise: Promise<void>;
}

/** Models in OPFS. Lives in a dedicated worker: only there do files open synchronously. */
export class ModelStore {
  readonly #directory: StoreDirectory;
  readonly #environment: StoreEnvironment;
  readonly #running = new Map<string, Running>();
  readonly #open = new Map<string, number>();

  /** @throws LocalLLMError storage, with advice, where the browser has no OPFS */
  static async open(): Promise<ModelStore> {
    return new ModelStore(await openOpfs('models'), browserEnvironment());
  }

  constructor(directory: StoreDirectory, environment: StoreEnvironment) {
    this.#directory = directory;
    this.#environment = environment;
  }

  /** Every model of which something is stored. `bytes` are those that are there. */
  async list(): Promise<{ id: string; bytes: number; complete: boolean }[]> {
    const models = [];
    for (const name of (await this.#directory.names()).sort()) {
      if (!name.endsWith(JOURNAL)) continue;
      const id = decodeURIComponent(name.slice(0, -JOURNAL.length));
      const running = this.#running.get(id);
      const record = await this.#record(id);
      const size = (await this.#directory.size(fileName(id) + WEIGHTS)) ?? 0;
      const complete = record?.marker !== undefined && record.bytes === size;
      models.push({ id, bytes: running?.done || Math.min(record?.done ?? 0, size), complete });
    }
    return models;
  }

  /**
   * Resolves once the model is stored whole and its hash is right. Downloads what is missing; where that download runs already,
   * joins it. A cancelled or broken download keeps its bytes, and the next call goes on from them.
   * @throws LocalLLMError network, hash-mismatch (nothing of it stays), storage, storage-full, aborted
   */
  async ensure(entry: CatalogEntry, options: EnsureOptions): Promise<void> {
    for (;;) {
      if (options.signal?.aborted) throw cancelled();
      const running = this.#running.get(entry.id);
      if (running === undefined) return this.#join(this.#start(entry, options.baseUrl), options);
      if (running.sha256 === entry.sha256 && !running.stop.signal.aborted) return this.#join(running, options);
      await running.promise.catch(() => {}); // belongs to those who joined it
    }
  }

  /** Opens a stored model. @throws LocalLLMError invalid-state where it is not stored whole, bad-file where it was damaged since, storage where it is in use */
  async source(id: string): Promise<StoredFile> {
    const record = await this.#record(id);
    if (record?.marker === undefined || this.#running.has(id)) {
      throw new LocalLLMError('invalid-state', `The model ${id} is not stored yet. Download it first.`);
    }
    const file = await this.#directory.open(fileName(id) + WEIGHTS, 'read');
    if (!isWhole(file, record)) {
      file.close();
      throw new LocalLLMError(
        'bad-file',
        `The stored file of ${id} was damaged. Delete the model and download it again.`,
      );
    }
    this.#open.set(id, (this.#open.get(id) ?? 0) + 1);
    return storedFile(id, file, record.bytes, () => {
      const left = (this.#open.get(id) ?? 1) - 1;
      if (left === 0) this.#open.delete(id);
      else this.#open.set(id, left);
    });
  }

  /** Deletes a model, whole or in part; a download of it that runs here ends as aborted. @throws LocalLLMError invalid-state while it is open, storage while another tab uses it */
  async remove(id: string): Promise<void> {
    if (this.#open.has(id)) {
      throw new LocalLLMError('invalid-state', `The model ${id} is in use. Unload it first, then delete it.`);
    }
    for (let running = this.#running.get(id); running; running = this.#running.get(id)) {
      running.stop.abort();
      await running.promise.catch(() => {}); // belongs to those who joined it
    }
    // Stands among the downloads as one that is ending: a new one waits for it.
    const removal = newRunning('');
    removal.stop.abort();
    this.#running.set(id, removal);
    removal.promise = this.#removeLocked(id).finally(() => this.#running.delete(id));
    await removal.promise;
  }

  async #removeLocked(id: string): Promise<void> {
    const removed = await this.#locked(id, { ifAvailable: true }, async (free) => {
      if (free) await this.#delete(id);
      return free;
    });
    if (!removed) {
      throw new LocalLLMError('storage', `The model ${id} is being downloaded in another tab. Stop it there first.`);
    }
  }

  #start(entry: CatalogEntry, baseUrl: string): Running {
    const running = newRunning(entry.sha256);
    const { signal } = running.stop;
    const onProgress = (bytes: number) => {
      running.done = bytes;
      for (const listener of running.listeners) listener(bytes);
    };
    this.#running.set(entry.id, running);
    running.promise = this.#locked(entry.id, { signal }, () => this.#bring(entry, baseUrl, onProgress, signal)).finally(
      () => this.#running.delete(entry.id),
    );
    return running;
  }

  /** The download stops when the last who waits for it has gone. */
  async #join(running: Running, { onProgress, signal }: EnsureOptions): Promise<void> {
    const listener = (bytes: number) => onProgress(bytes);
    const left = Promise.withResolvers<never>();
    const leave = () => {
      if (--running.waiting === 0) running.stop.abort();
      else left.reject(cancelled());
    };
    running.listeners.add(listener);
    running.waiting++;
    signal?.addEventListener('abort', leave);
    try {
      await Promise.race([running.promise, left.promise]);
    } finally {
      signal?.removeEventListener('abort', leave);
      running.listeners.delete(listener);
    }
  }

  /** Holds the model's lock over `act`, against other tabs. With `ifAvailable`, `act` is told whether it is held. */
  async #locked<T>(id: string, options: LockOptions, act: (held: boolean) => Promise<T>): Promise<T> {
    if (!this.#environment.locks) return act(true);
    try {
      return await this.#environment.locks.request(`localllm-model:${id}`, options, (lock) => act(lock !== null));
    } catch (error) {
      if (options.signal?.aborted && !(error instanceof LocalLLMError)) throw cancelled();
      throw error;
    }
  }

  async #bring(
    entry: CatalogEntry,
    baseUrl: string,
    onProgress: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { id, bytes } = entry;
    const record = await this.#record(id);
    if (record && (await this.#hasWhole(entry, record))) return onProgress(bytes);
    const url = new URL(entry.url, baseUrl);
    const sameOrigin = url.origin === new URL(baseUrl).origin;
    const journal = new Journal(await this.#directory.open(fileName(id) + JOURNAL, 'write'));
    try {
      const weights = await this.#directory.open(fileName(id) + WEIGHTS, 'write');
      try {
        const files = { weights, journal, previous: record };
        await new Transfer(entry, { url, sameOrigin, onProgress, signal }, this.#environment, files).run();
      } finally {
        weights.close();
      }
    } catch (error) {
      journal.close();
      if (error instanceof LocalLLMError && error.code === 'hash-mismatch') await this.#delete(id);
      throw error;
    }
    journal.close();
  }

  async #hasWhole({ id, sha256, bytes }: CatalogEntry, record: JournalRecord): Promise<boolean> {
    if (record.marker === undefined || record.sha256 !== sha256 || record.bytes !== bytes) return false;
    if (this.#open.has(id)) return true; // checked when it was opened
    if ((await this.#directory.size(fileName(id) + WEIGHTS)) !== bytes) return false;
    const file = await this.#directory.open(fileName(id) + WEIGHTS, 'read');
    try {
      return isWhole(file, record);
    } finally {
      file.close();
    }
  }

  /** The weights first: a journal without weights is a download that has not begun. */
  async #delete(id: string): Promise<void> {
    await this.#directory.remove(fileName(id) + WEIGHTS);
    await this.#directory.remove(fileName(id) + JOURNAL);
  }

  async #record(id: string): Promise<JournalRecord | undefined> {
    const text = await this.#directory.readText(fileName(id) + JOURNAL);
    return text === undefined ? undefined : lastRecord(text);
  }
}

const WEIGHTS = '.gguf';
const JOURNAL = '.journal';
/** An id as part of a file name. */
const fileName = encodeURIComponent;

const newRunning = (sha256: string): Running => ({
  sha256,
  stop: new AbortController(),
  listeners: new Set(),
  waiting: 0,
  done: 0,
  promise: Promise.resolve(),
});
