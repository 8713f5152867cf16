/**
 * What is known of one stored model: an append-only file of JSON lines, the last whole one of which counts.
 * A crash in the middle of a line leaves the line before it; the weights are flushed before a line speaks of them.
 *
 * @module
 */
import * as v from 'valibot';
import type { StoreFile } from './opfs.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const RecordSchema = v.strictObject({
  format: v.literal(1),
  /** Of the whole file, as pinned. */
  sha256: v.string(),
  bytes: count,
  /** Where the bytes so far came from, and what its server said of their version. */
  url: v.string(),
  etag: v.exactOptional(v.string()),
  lastModified: v.exactOptional(v.string()),
  /** Bytes from the start that are safely on disk. */
  done: count,
  /** Set once all bytes are there and hashed right: a hash of the file's two ends, cheap to check later. */
  marker: v.exactOptional(v.string()),
});
export type JournalRecord = v.InferOutput<typeof RecordSchema>;

/** The state that the journal's text gives, or undefined where no line of it is whole. */
export function lastRecord(text: string): JournalRecord | undefined {
  for (const line of text.split('\n').reverse()) {
    try {
      const result = v.safeParse(RecordSchema, JSON.parse(line));
      if (result.success && result.output.done <= result.output.bytes) return result.output;
    } catch {
      // a torn line: the one before it counts
    }
  }
  return undefined;
}

/** Appends to an open journal. */
export class Journal {
  readonly #file: StoreFile;
  #end: number;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#end = file.size();
  }

  /** Forgets all before it. */
  clear(): void {
    this.#file.truncate(0);
    this.#end = 0;
  }

  /** Durable when it returns. */
  append(record: JournalRecord): void {
    // A line break first: a torn line before it must not swallow this one.
    const line = new TextEncoder().encode(`\n${JSON.stringify(record)}\n`);
    this.#file.write(line, this.#end);
    this.#file.flush();
    this.#end += line.length;
  }

  close(): void {
    this.#file.close();
  }
}
