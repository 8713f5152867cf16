/**
 * The records of models on disk. Each is a journal of its own: a change is one line more.
 *
 * @module
 */
import { Journal, lastRecord, type ModelRecord, ModelRecordSchema } from './journal.ts';
import type { StoreDirectory } from './opfs.ts';

const MODEL = '.model';
const fileName = (id: string): string => encodeURIComponent(id) + MODEL;

export class ModelRecords {
  readonly #directory: StoreDirectory;

  constructor(directory: StoreDirectory) {
    this.#directory = directory;
  }

  async all(): Promise<ModelRecord[]> {
    const records: ModelRecord[] = [];
    for (const name of (await this.#directory.names()).sort()) {
      const record = name.endsWith(MODEL) && (await this.#readFile(name));
      if (record) records.push(record);
    }
    return records;
  }

  read(id: string): Promise<ModelRecord | undefined> {
    return this.#readFile(fileName(id));
  }

  async write(record: ModelRecord): Promise<void> {
    const journal = new Journal<ModelRecord>(await this.#directory.open(fileName(record.id), 'write'));
    try {
      journal.append(record);
    } finally {
      journal.close();
    }
  }

  remove(id: string): Promise<void> {
    return this.#directory.remove(fileName(id));
  }

  /** Deletes records of which no line is whole: their first writing was cut off. */
  async sweep(): Promise<void> {
    for (const name of await this.#directory.names()) {
      if (name.endsWith(MODEL) && !(await this.#readFile(name))) await this.#directory.remove(name).catch(() => {}); // in use
    }
  }

  async #readFile(name: string): Promise<ModelRecord | undefined> {
    const text = await this.#directory.readText(name);
    return text === undefined ? undefined : lastRecord(ModelRecordSchema, text);
  }
}
