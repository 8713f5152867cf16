/**
 * One small record that changes now and then, kept beside the models. A change is one line more; when the file has grown long, the next
 * line begins another one, and of the two files the newest whole line counts. A crash at any byte leaves the record as it was before.
 *
 * @module
 */
import * as v from 'valibot';
import { LocalLLMError } from '../protocol/errors.ts';
import { Journal, lastRecord } from './journal.ts';
import type { StoreDirectory } from './opfs.ts';

/** Bytes after which the next line goes to the other file. */
const LONG = 256 * 1024;

/** Acts while nobody else changes the record, in this tab or another. */
type Exclusively = <T>(act: () => Promise<T>) => Promise<T>;

export class KeptRecord<S extends v.GenericSchema> {
  readonly #directory: StoreDirectory;
  readonly #names: readonly [string, string];
  readonly #schema;
  readonly #exclusively: Exclusively;

  /** @param schema what is damaged should become a default there: a line that it refuses does not count */
  constructor(directory: StoreDirectory, name: string, schema: S, exclusively: Exclusively) {
    this.#directory = directory;
    this.#names = [`${name}.a.kept`, `${name}.b.kept`];
    this.#schema = v.object({ number: v.pipe(v.number(), v.safeInteger()), value: schema });
    this.#exclusively = exclusively;
  }

  /** Undefined where nothing was written yet, or nothing of it can be read. */
  read(): Promise<v.InferOutput<S> | undefined> {
    return this.#exclusively(async () => (await this.#newest())?.value); // a file that is being written cannot be read
  }

  /** Writes what `change` makes of the record as it is now, whoever changed it last. @throws LocalLLMError storage, storage-full */
  change(change: (now: v.InferOutput<S> | undefined) => v.InferOutput<S>): Promise<v.InferOutput<S>> {
    return this.#exclusively(async () => {
      for (const name of this.#names) await this.#refuseUnreadable(name);
      const newest = await this.#newest();
      const value = change(newest?.value);
      const name = this.#names[newest?.file ?? 0];
      const isLong = ((await this.#directory.size(name)) ?? 0) > LONG;
      const other = this.#names[newest?.file === 1 ? 0 : 1];
      const file = await this.#directory.open(isLong ? other : name, 'write');
      if (isLong) file.truncate(0);
      const journal = new Journal<{ number: number; value: v.InferOutput<S> }>(file);
      try {
        journal.append({ number: (newest?.number ?? 0) + 1, value });
      } finally {
        journal.close();
      }
      return value;
    });
  }

  async #newest(): Promise<{ number: number; value: v.InferOutput<S>; file: 0 | 1 } | undefined> {
    const [a, b] = await Promise.all(this.#names.map((name) => this.#last(name)));
    if (a && (!b || a.number > b.number)) return { ...a, file: 0 };
    return b && { ...b, file: 1 };
  }

  /** What cannot be read just now must not be taken for nothing and written over. @throws LocalLLMError storage */
  async #refuseUnreadable(name: string): Promise<void> {
    if (!(await this.#directory.size(name)) || (await this.#directory.readText(name)) !== undefined) return;
    throw new LocalLLMError('storage', `${name} cannot be read now: another window writes it. Try again.`);
  }

  async #last(name: string): Promise<{ number: number; value: v.InferOutput<S> } | undefined> {
    const text = await this.#directory.readText(name);
    const line = text === undefined ? undefined : lastRecord(this.#schema, text);
    return line as { number: number; value: v.InferOutput<S> } | undefined;
  }
}
