/**
 * What sites asked for, and when: the person's own log, in IndexedDB. Without texts unless they were switched on.
 *
 * @module
 */
import { openDB } from 'idb';
import type { DBSchema, IDBPDatabase } from 'idb';
import * as v from 'valibot';
import { storage } from 'wxt/utils/storage';
import type { ErrorCode } from '../../engine/protocol/errors.ts';
import { watchStorage } from './records.ts';

const DATABASE = 'localllm-activity';
const SETTINGS = 'local:activity';
/** Entries, and characters of the kept texts together: the oldest go. `every`: entries between two looks at that. */
const LIMITS = { entries: 2_000, textChars: 5_000_000, every: 50 };
/** Of one text; what is longer is cut. */
export const MAX_ONE_TEXT_CHARS = 20_000;
const PAGE_ENTRIES = 50;

export const ActivitySettingsSchema = v.strictObject({ on: v.boolean(), text: v.boolean() });
/** Whether anything is noted, and whether with its texts. */
export type ActivitySettings = v.InferOutput<typeof ActivitySettingsSchema>;

export interface ActivityRecord {
  origin: string;
  top?: string;
  timeMs: number;
  /** 'prefill' made no text: the site got ready to ask. */
  method: 'generate' | 'prefill';
  /** Read, where they were not cached, and written. */
  tokens: number;
  durationMs: number;
  outcome: 'done' | ErrorCode;
  text?: { prompt: string; answer: string };
}
export type ActivityEntry = ActivityRecord & { id: number };
interface ActivitySchema extends DBSchema {
  entries: { key: number; value: ActivityRecord & { id?: number } };
}

/** One instance, in the background. */
export class Activity {
  #db: Promise<IDBPDatabase<ActivitySchema>> | undefined;
  readonly #limits: typeof LIMITS;
  #sinceCut: number;

  constructor(limits = LIMITS) {
    this.#limits = limits;
    this.#sinceCut = limits.every; // a worker that has just started looks first
  }

  async settings(): Promise<ActivitySettings> {
    const stored = await storage.getItem<unknown>(SETTINGS);
    return v.is(ActivitySettingsSchema, stored) ? stored : { on: true, text: false };
  }

  /** Texts that were kept are forgotten when they are switched off. */
  async configure(settings: ActivitySettings): Promise<void> {
    await storage.setItem(SETTINGS, settings);
    if (!settings.text) await this.#cut(Number.POSITIVE_INFINITY, 0);
  }

  async add(record: ActivityRecord): Promise<void> {
    await this.#use((db) => db.add('entries', record));
    if (++this.#sinceCut < this.#limits.every) return;
    this.#sinceCut = 0;
    await this.#cut(this.#limits.entries, this.#limits.textChars);
  }

  /** Latest first; what comes before the entry `before`. */
  list(before = Number.POSITIVE_INFINITY): Promise<ActivityEntry[]> {
    return this.#use(async (db) => {
      const entries: ActivityEntry[] = [];
      const older = IDBKeyRange.upperBound(before, true);
      let cursor = await db.transaction('entries').store.openCursor(older, 'prev');
      while (cursor && entries.length < PAGE_ENTRIES) {
        entries.push({ ...cursor.value, id: cursor.primaryKey });
        cursor = await cursor.continue();
      }
      return entries;
    });
  }

  async clear(): Promise<void> {
    await this.#use((db) => db.clear('entries'));
  }

  /** Keeps so many of the latest entries, and so many characters of the latest texts. */
  #cut(maxEntries: number, maxChars: number): Promise<void> {
    return this.#use(async (db) => {
      const transaction = db.transaction('entries', 'readwrite');
      let [entries, chars] = [0, 0];
      for (let at = await transaction.store.openCursor(null, 'prev'); at; at = await at.continue()) {
        const { text, ...rest } = at.value;
        if (++entries > maxEntries) await at.delete();
        else if (text) {
          chars += text.prompt.length + text.answer.length;
          if (chars > maxChars) await at.update(rest);
        }
      }
      await transaction.done;
    });
  }

  async #use<T>(work: (db: IDBPDatabase<ActivitySchema>) => Promise<T>): Promise<T> {
    this.#db ??= openDB<ActivitySchema>(DATABASE, 1, {
      upgrade: (db) => void db.createObjectStore('entries', { keyPath: 'id', autoIncrement: true }),
      blocking: (_current, _blocked, event) => {
        (event.target as IDBDatabase).close();
        this.#db = undefined;
      },
      terminated: () => (this.#db = undefined),
    });
    try {
      return await work(await this.#db);
    } catch (error) {
      this.#db = undefined;
      throw error;
    }
  }
}

/** Returns what stops it. */
export function watchActivitySettings(listener: () => void): () => void {
  return watchStorage([SETTINGS], listener);
}
