/**
 * Downloads and copies that a person began: they go on when nobody looks, and end by themselves, by a pause, or by an error that is kept.
 *
 * @module
 */
import { type ErrorData, LocalLLMError } from '../protocol/errors.ts';
import { slug } from '../store/huggingface.ts';
import { type ModelPlan, samePins } from '../store/plan.ts';
import type { ModelShelf } from './model-shelf.ts';

/** Two reports of progress are at least so far apart. */
const PROGRESS_MS = 250;

export class Downloads {
  /** Called at every change, and now and then while bytes arrive. */
  onChange: () => void = () => {};
  /** Why the last attempt for a model failed. */
  readonly errors = new Map<string, ErrorData>();
  readonly #shelf: ModelShelf;
  #told = 0;

  constructor(shelf: ModelShelf) {
    this.#shelf = shelf;
  }

  /** Finds a model and begins to download it. Returns its id. @throws LocalLLMError bad-argument, network, not-allowed, aborted */
  async add(source: string, quantization: string | undefined, signal: AbortSignal): Promise<string> {
    const { plan } = await this.#shelf.find(source, quantization, signal);
    const own = (await this.#isTaken(plan, source)) ? { ...plan, id: await this.#freeId(plan.id) } : plan;
    this.#start(own);
    return own.id;
  }

  /** Goes on with a download. @throws LocalLLMError bad-file, bad-argument, network, not-allowed, aborted */
  async resume(id: string, signal: AbortSignal): Promise<void> {
    this.#start(await this.#shelf.plan(id, signal));
  }

  async pause(id: string): Promise<void> {
    await (await this.#shelf.store()).pause(id);
    this.#changed();
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

  #start(plan: ModelPlan): void {
    this.errors.delete(plan.id);
    const run = async (): Promise<void> => {
      const store = await this.#shelf.store();
      const done = store.ensure(plan, { onProgress: () => this.#progress() });
      this.#changed();
      await done;
    };
    void run()
      .catch((thrown: unknown) => {
        const error = LocalLLMError.from(thrown);
        if (error.code !== 'aborted') this.errors.set(plan.id, error.toData());
      })
      .finally(() => this.#changed());
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
