/**
 * A list in the extension's storage. What is read is checked: storage may hold what an older or a newer version wrote.
 *
 * @module
 */
import * as v from 'valibot';
import { storage } from 'wxt/utils/storage';

type StorageKey = `local:${string}` | `session:${string}`;

/** One instance for each key, in the background: changes wait for one another there. */
export class Records<S extends v.GenericSchema> {
  readonly #key: StorageKey;
  readonly #schema: S;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(key: StorageKey, schema: S) {
    this.#key = key;
    this.#schema = schema;
  }

  async read(): Promise<v.InferOutput<S>[]> {
    const stored = await storage.getItem<unknown>(this.#key);
    if (!Array.isArray(stored)) return [];
    const valid: v.InferOutput<S>[] = [];
    for (const item of stored) if (v.is(this.#schema, item)) valid.push(item);
    return valid;
  }

  /** Writes what `change` makes of the list; nothing where it returns undefined. */
  update(change: (records: v.InferOutput<S>[]) => v.InferOutput<S>[] | undefined): Promise<void> {
    const done = this.#queue.then(async () => {
      const changed = change(await this.read());
      if (changed) await storage.setItem(this.#key, changed);
    });
    this.#queue = done.catch(() => {}); // belongs to whoever asked for it
    return done;
  }

  keep(keep: (record: v.InferOutput<S>) => boolean): Promise<void> {
    return this.update((records) => {
      const kept = records.filter(keep);
      return kept.length < records.length ? kept : undefined;
    });
  }
}

/** Calls after any change of these keys, by whichever page of ours; returns what stops it. */
export function watchStorage(keys: readonly StorageKey[], listener: () => void): () => void {
  const stops = keys.map((key) => storage.watch(key, listener));
  return () => stops.forEach((stop) => stop());
}
