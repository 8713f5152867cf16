/**
 * Which models there are, which blobs they refer to, and who may change that now.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { BlobStore, Committed } from './blob-store.ts';
import type { ModelRecord } from './journal.ts';
import type { ModelRecords } from './model-records.ts';
import { keyOf, type ModelPlan, samePins } from './plan.ts';
import { cancelled } from './transfer.ts';

/** Changes of records and references, under locks that hold against other tabs: one for all records, one for each blob. */
export class ModelRegistry {
  readonly #records: ModelRecords;
  readonly #blobs: BlobStore;
  readonly #locks: LockManager | undefined;

  constructor(records: ModelRecords, blobs: BlobStore, locks: LockManager | undefined) {
    this.#records = records;
    this.#blobs = blobs;
    this.#locks = locks;
  }

  /** Deletes what nobody refers to: the rest of a crash, of another version, of a copy that was never completed. */
  async sweep(): Promise<void> {
    await this.locked('store', {}, async () => {
      await this.#records.sweep();
      for (const record of await this.#records.all()) {
        const states = await Promise.all(record.parts.map(({ key }) => this.#blobs.state(key)));
        const lost = record.parts.some(
          ({ url, sha256 }, index) => url === undefined && sha256 === undefined && states[index]!.sha256 === undefined,
        );
        if (lost) await this.removeRecord(record).catch(() => {}); // another tab copies it
      }
      const named = new Set((await this.#records.all()).flatMap(({ parts }) => parts.map(({ key }) => key)));
      for (const key of await this.#blobs.keys()) {
        if (named.has(key) || this.#blobs.isOpen(key)) continue;
        await this.withFree([key], () => this.#blobs.remove(key)).catch(() => {}); // another tab uses it
      }
    });
  }

  /** The model's record, written where there is none or the plan names other files. */
  async recordFor(plan: ModelPlan): Promise<ModelRecord> {
    const had = await this.#records.read(plan.id);
    if (had && samePins(had, plan)) return had;
    if (had) await this.removeRecord(had);
    const parts = await Promise.all(
      plan.parts.map(async (part) => {
        const twin = part.sha256 === undefined ? undefined : await this.#twin(undefined, part.sha256);
        return { ...part, key: twin ?? keyOf(part) };
      }),
    );
    const record: ModelRecord = { format: 1, ...plan, parts };
    await this.#records.write(record);
    return record;
  }

  /** The hash stays with the model; a file that another model has already is not kept twice. */
  async pin(id: string, key: string, { sha256, bytes }: Committed): Promise<void> {
    await this.locked('store', {}, async () => {
      const record = await this.#records.read(id);
      const part = record?.parts.find((one) => one.key === key);
      if (!record || !part || (part.sha256 === sha256 && part.bytes === bytes)) return;
      const twin = await this.#twin(key, sha256);
      const parts = record.parts.map((one) => (one === part ? { ...part, sha256, bytes, key: twin ?? key } : one));
      await this.#records.write({ ...record, parts });
      if (twin !== undefined) await this.#blobs.remove(key);
    });
  }

  /** Another complete blob of this hash, which a record names. */
  async #twin(key: string | undefined, sha256: string): Promise<string | undefined> {
    for (const { parts } of await this.#records.all()) {
      for (const part of parts) {
        if (part.key === key || part.sha256 !== sha256) continue;
        if ((await this.#blobs.state(part.key)).sha256 === sha256) return part.key;
      }
    }
    return undefined;
  }

  /** Keys that only this model has. */
  async ownKeys({ id, parts }: ModelRecord): Promise<string[]> {
    const others = (await this.#records.all()).filter((record) => record.id !== id);
    const shared = new Set(others.flatMap((record) => record.parts.map(({ key }) => key)));
    return [...new Set(parts.map(({ key }) => key))].filter((key) => !shared.has(key));
  }

  /** The record first: blobs without one are swept. @throws LocalLLMError storage while another tab fetches one of them */
  async removeRecord(record: ModelRecord): Promise<void> {
    const keys = await this.ownKeys(record);
    await this.withFree(keys, async () => {
      await this.#records.remove(record.id);
      for (const key of keys) if (!this.#blobs.isOpen(key)) await this.#blobs.remove(key);
    });
  }

  /** Acts while nobody writes these blobs. @throws LocalLLMError storage where somebody does */
  async withFree(keys: readonly string[], act: () => Promise<void>): Promise<void> {
    const [key, ...rest] = keys;
    if (key === undefined) return act();
    await this.locked(`blob:${key}`, { ifAvailable: true }, async (held) => {
      if (held) return this.withFree(rest, act);
      throw new LocalLLMError('storage', 'The model is being downloaded in another tab. Stop it there first.');
    });
  }

  /** Holds a lock over `act`, against other tabs. With `ifAvailable`, `act` is told whether it is held. */
  async locked<T>(name: string, options: LockOptions, act: (held: boolean) => Promise<T>): Promise<T> {
    if (!this.#locks) return act(true);
    try {
      return await this.#locks.request(`localllm-${name}`, options, (lock) => act(lock !== null));
    } catch (error) {
      if (options.signal?.aborted && !(error instanceof LocalLLMError)) throw cancelled();
      throw error;
    }
  }
}
