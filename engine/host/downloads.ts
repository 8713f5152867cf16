/**
 * Downloads and copies that a person began: they go on when nobody looks, and end by themselves, by a pause, or by an error that is kept.
 *
 * @module
 */
import { type ErrorData, LocalLLMError } from '../protocol/errors.ts';
import { type Found, slug } from '../store/huggingface.ts';
import { type ModelPlan, samePins } from '../store/plan.ts';
import type { ModelShelf } from './model-shelf.ts';

/** Two reports of progress are at least so far apart. */
const PROGRESS_MS = 250;
/** So often is looked what other windows did. */
const HEED_MS = 1_000;

export class Downloads {
  /** Called at every change, and now and then while bytes arrive. */
  onChange: () => void = () => {};
  /** Why the last attempt for a model failed. */
  readonly errors = new Map<string, ErrorData>();
  readonly #shelf: ModelShelf;
  #told = 0;
  #heeded = -Infinity;

  constructor(shelf: ModelShelf) {
    this.#shelf = shelf;
  }

  /** Finds what words name, under the id that it would have here. @throws LocalLLMError bad-argument, network, not-allowed, aborted */
  async find(source: string, quantization: string | undefined, signal: AbortSignal): Promise<Found> {
    const { plan, quantizations } = await this.#shelf.find(source, quantization, signal);
    const id = (await this.#isTaken(plan, source)) ? await this.#freeId(plan.id) : plan.id;
    return { plan: { ...plan, id }, quantizations };
  }

  /** Finds a model and begins to download it. Returns its id. @throws LocalLLMError bad-argument, network, not-allowed, aborted */
  async add(source: string, quantization: string | undefined, signal: AbortSignal): Promise<string> {
    const { plan } = await this.find(source, quantization, signal);
    await this.#begin(plan);
    return plan.id;
  }

  /** Goes on with a download. @throws LocalLLMError bad-file, bad-argument, network, not-allowed, aborted */
  async resume(id: string, signal: AbortSignal): Promise<void> {
    await this.#begin(await this.#shelf.plan(id, signal));
  }

  /** Stops a download until the person wants it again. */
  async pause(id: string): Promise<void> {
    await this.#shelf.preferences.want(id, false);
    await (await this.#shelf.store()).pause(id);
    this.#changed();
  }

  /** Goes on with what the network or the end of the last worker broke off. */
  async resumeWanted(): Promise<void> {
    const { downloads } = await this.#shelf.preferences.read();
    if (downloads.length === 0) return;
    const stored = await (await this.#shelf.store()).list();
    for (const id of downloads) {
      const model = stored.find((one) => one.id === id);
      // One without a record is about to begin, perhaps in another window.
      if (!model || model.running) continue;
      if (!model.complete) await this.resume(id, new AbortController().signal).catch(() => {}); // the next time, perhaps
      else await this.#shelf.preferences.want(id, false);
    }
  }

  /** Of a model that is deleted. */
  forget(id: string): void {
    this.errors.delete(id);
  }

  /** Copies local files as one model. Returns its id. @throws LocalLLMError bad-argument, bad-file, storage, storage-full, aborted */
  async import(name: string, files: readonly File[], signal: AbortSignal): Promise<string> {
    const store = await this.#shelf.store();
    const id = await this.#freeId(slug(name));
    const done = store.import({ id, name }, files, { signal, onProgress: () => this.#progress() });
    this.#changed();
    await done.finally(() => this.#changed());
    return id;
  }

  async #begin(plan: ModelPlan): Promise<void> {
    await this.#shelf.preferences.want(plan.id, true);
    this.#start(plan);
  }

  #start(plan: ModelPlan): void {
    this.errors.delete(plan.id);
    const run = async (): Promise<void> => {
      const store = await this.#shelf.store();
      const done = store.ensure(plan, { onProgress: () => (this.#progress(), void this.#heed(plan.id)) });
      this.#changed();
      await done;
      await this.#shelf.preferences.want(plan.id, false);
    };
    void run()
      .catch(async (thrown: unknown) => {
        const error = LocalLLMError.from(thrown);
        // Who stopped it has said whether it goes on; a network comes back.
        if (error.code === 'aborted') return;
        this.errors.set(plan.id, error.toData());
        if (error.code !== 'network') await this.#shelf.preferences.want(plan.id, false);
      })
      .catch(() => {}) // the storage fails: what it was about is told already
      .finally(() => this.#changed());
  }

  /** Another window may have paused or deleted what goes on here. */
  async #heed(id: string): Promise<void> {
    const now = performance.now();
    if (now - this.#heeded < HEED_MS) return;
    this.#heeded = now;
    const { downloads } = await this.#shelf.preferences.read().catch(() => ({ downloads: [id] }));
    if (!downloads.includes(id)) await (await this.#shelf.store()).pause(id);
  }

  /** Whether the id belongs to another model: one of the catalogue, or one that came from elsewhere. */
  async #isTaken(plan: ModelPlan, source: string): Promise<boolean> {
    const record = await (await this.#shelf.store()).record(plan.id);
    return record
      ? !samePins(record, plan)
      : source !== plan.id && this.#shelf.catalog.some(({ id }) => id === plan.id);
  }

  async #freeId(wanted: string): Promise<string> {
    const store = await this.#shelf.store();
    const taken = async (id: string) =>
      this.#shelf.catalog.some((entry) => entry.id === id) || (await store.record(id)) !== undefined;
    let id = wanted;
    for (let number = 2; await taken(id); number++) id = `${wanted.slice(0, 60)}-${number}`;
    return id;
  }

  #progress(): void {
    const now = performance.now();
    if (now - this.#told < PROGRESS_MS) return;
    this.#told = now;
    this.onChange();
  }

  #changed(): void {
    this.#told = 0;
    this.onChange();
  }
}
