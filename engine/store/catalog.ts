/**
 * The models worth offering, each pinned to one sequence of bytes.
 *
 * @module
 */
import * as v from 'valibot';
import catalog from '../../models/catalog.json' with { type: 'json' };
import { LocalLLMError } from '../protocol/errors.ts';

const ratio = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

export const CatalogEntrySchema = v.strictObject({
  /** Names the model for good: what is stored is stored under it. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  name: v.pipe(v.string(), v.minLength(1)),
  /** Absolute, or relative to where the extension or the PWA serves its files. */
  url: v.pipe(v.string(), v.minLength(1)),
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** Of the whole file, lower-case hexadecimal. */
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** SPDX. */
  license: v.pipe(v.string(), v.minLength(1)),
  /** Loaded where no model is named. */
  default: v.exactOptional(v.boolean()),
  /** Defaults below what a request asks for. */
  sampling: v.exactOptional(
    v.strictObject({
      temperature: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
      topK: v.exactOptional(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
      topP: v.exactOptional(ratio),
      minP: v.exactOptional(ratio),
      repetitionPenalty: v.exactOptional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(100))),
    }),
  ),
});
export type CatalogEntry = v.InferOutput<typeof CatalogEntrySchema>;

const CatalogSchema = v.pipe(
  v.array(CatalogEntrySchema),
  v.check((entries) => new Set(entries.map(({ id }) => id)).size === entries.length, 'two entries share an id'),
  v.check((entries) => entries.filter((entry) => entry.default).length === 1, 'exactly one entry must be the default'),
);

/** Checks a catalogue. @throws LocalLLMError bad-argument naming the field */
export function parseCatalog(json: unknown): CatalogEntry[] {
  const result = v.safeParse(CatalogSchema, json);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const path = v.getDotPath(issue);
  throw new LocalLLMError(
    'bad-argument',
    `models/catalog.json${path === null ? '' : `, ${path}`}: ${issue.message}. Correct the catalogue.`,
  );
}

/** The catalogue that this build carries. */
export function loadCatalog(): CatalogEntry[] {
  return parseCatalog(catalog);
}
