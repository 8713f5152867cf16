/**
 * Small records that survive a crash at any byte: an append-only file of JSON lines, the last whole one of which counts.
 * A crash in the middle of a line leaves the line before it.
 *
 * @module
 */
import * as v from 'valibot';
import type { StoreFile } from './opfs.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/));

/** What is known of one stored file, a blob. The bytes are flushed before a line speaks of them. */
export const BlobRecordSchema = v.strictObject({
  format: v.literal(2),
  /** Of the whole file; absent while nobody has said. */
  bytes: v.exactOptional(count),
  /** Where the bytes so far came from, and what its server said of their version. */
  url: v.exactOptional(v.string()),
  etag: v.exactOptional(v.string()),
  lastModified: v.exactOptional(v.string()),
  /** Ranges of bytes that are safely on disk. */
  have: v.array(v.tuple([count, count])),
  /** Bytes of a piece, all but the last. */
  pieceBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Pieces from the start whose sums are safely on disk. */
  summed: count,
  /** Set once all bytes are there and hashed right; `sums` is the sum of all sums. */
  complete: v.exactOptional(v.strictObject({ sha256, sums: count })),
});
export type BlobRecord = v.InferOutput<typeof BlobRecordSchema>;

/** A model: its name, and the files that it is made of. */
export const ModelRecordSchema = v.strictObject({
  format: v.literal(1),
  id: v.string(),
  name: v.string(),
  license: v.exactOptional(v.string()),
  quantization: v.exactOptional(v.string()),
  /** The link or id that the person gave. */
  from: v.exactOptional(v.string()),
  parts: v.pipe(
    v.array(
      v.strictObject({
        /** The file's own name, which tells the parts of a split model apart. */
        name: v.string(),
        /** Which blob holds it. Models may share one. */
        key: v.pipe(v.string(), v.regex(/^[0-9a-z-]{1,80}$/)),
        /** Absent where it came from a local file. */
        url: v.exactOptional(v.string()),
        bytes: v.exactOptional(count),
        /** The pin: given with the model, or what arrived first. It stays. */
        sha256: v.exactOptional(sha256),
      }),
    ),
    v.minLength(1),
  ),
});
export type ModelRecord = v.InferOutput<typeof ModelRecordSchema>;
export type ModelPart = ModelRecord['parts'][number];

/** The record that the journal's text gives, or undefined where no line of it is whole. */
export function lastRecord<S extends v.GenericSchema>(schema: S, text: string): v.InferOutput<S> | undefined {
  for (const line of text.split('\n').reverse()) {
    try {
      const result = v.safeParse(schema, JSON.parse(line));
      if (result.success) return result.output;
    } catch {
      // a torn line: the one before it counts
    }
  }
  return undefined;
}

/** Appends to an open journal. */
export class Journal<R> {
  readonly #file: StoreFile;
  #end: number;

  constructor(file: StoreFile) {
    this.#file = file;
    this.#end = file.size();
  }

  /** Durable when it returns. */
  append(record: R): void {
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
