/**
 * The models worth offering. The embedded one is pinned here, the others by their host's hash at the first download.
 *
 * @module
 */
import * as v from 'valibot';
import catalog from '../../models/catalog.json' with { type: 'json' };
import { LocalLLMError } from '../protocol/errors.ts';

const ratio = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

const text = v.pipe(v.string(), v.minLength(1));
const bytes = v.pipe(v.number(), v.safeInteger(), v.minValue(1));

/** What a person chooses by. */
const described = {
  /** Names the model for good: what is stored is stored under it. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9._-]{0,63}$/)),
  name: text,
  /** Models of one make: 'Qwen3', 'Llama 3.2'. */
  family: text,
  /** As its makers say: '0.6B'. */
  parameters: v.pipe(v.string(), v.regex(/^\d+(\.\d+)?[MB]$/)),
  /** SPDX where there is such an id, else the makers' own name of it. */
  license: text,
  /** Tokens that it was made for. */
  contextTokens: v.pipe(v.number(), v.safeInteger(), v.minValue(1)),
  /** BCP 47, those that its makers name; 'mul': more than they list. */
  languages: v.pipe(v.array(v.pipe(v.string(), v.regex(/^[a-z]{2,3}$/))), v.minLength(1)),
  strengths: v.pipe(v.array(text), v.minLength(1)),
  /** What to know of its chat template. */
  template: v.exactOptional(text),
  /** Why it is in the catalogue, in one line. */
  why: text,
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
};

export const CatalogEntrySchema = v.variant('kind', [
  /** Travels with the application. */
  v.strictObject({
    kind: v.literal('embedded'),
    ...described,
    /** Relative to where the extension or the PWA serves its files. */
    url: text,
    bytes,
    /** Of the whole file, lower-case hexadecimal. */
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    /** Loaded where no model is named. */
    default: v.exactOptional(v.boolean()),
  }),
  /** Of a Hugging Face repository. No hash is written here: the host's own pins the first download, and stays. */
  v.strictObject({
    kind: v.literal('repository'),
    ...described,
    repo: v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/)),
    /** Taken where nobody chose; one of `sizes`. */
    quantization: text,
    /** Bytes of the file by quantization, about. */
    sizes: v.pipe(
      v.record(v.pipe(v.string(), v.regex(/^[A-Z0-9_]+$/)), bytes),
      v.check((sizes) => Object.keys(sizes).length > 0, 'no quantization is given'),
    ),
  }),
]);
export type CatalogEntry = v.InferOutput<typeof CatalogEntrySchema>;

/** Bytes of the file that an entry stands for; about, where it is fetched from a repository. */
export const catalogBytes = (entry: CatalogEntry): number =>
  entry.kind === 'embedded' ? entry.bytes : entry.sizes[entry.quantization]!;

const isDefault = (entry: CatalogEntry): boolean => entry.kind === 'embedded' && entry.default === true;
const offersItsChoice = (entry: CatalogEntry): boolean =>
  entry.kind === 'embedded' || entry.sizes[entry.quantization] !== undefined;

const CatalogSchema = v.pipe(
  v.array(CatalogEntrySchema),
  v.check((entries) => new Set(entries.map(({ id }) => id)).size === entries.length, 'two entries share an id'),
  v.check((entries) => entries.filter(isDefault).length === 1, 'exactly one entry must be the default'),
  v.check((entries) => entries.every(offersItsChoice), "an entry's quantization is not among its sizes"),
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
