/**
 * Which models are shown, in which order, and what of them can be chosen by.
 *
 * @module
 */
import type { ModelInfo } from '../../../engine/client/index.ts';

export interface Filter {
  /** Words that all have to be somewhere in what is said of the model. */
  text: string;
  /** Of the smallest file that it comes in. */
  maxBytes: number;
  /** Empty: any. */
  license: string;
  /** BCP 47; empty: any. */
  language: string;
  /** Leaves out what this device cannot run. */
  fits: boolean;
}

export const EVERYTHING: Filter = {
  text: '',
  maxBytes: Number.POSITIVE_INFINITY,
  license: '',
  language: '',
  fits: false,
};
export const SIZE_LIMITS: readonly number[] = [250e6, 500e6, 1e9, 2e9, 4e9];

/** Of the catalogue: more languages than its makers list. */
const MORE = 'mul';
const LICENSES: Record<string, string> = {
  'apache-2.0': 'Apache 2.0',
  mit: 'MIT',
  gemma: 'Gemma',
  'llama3.1': 'Llama 3.1',
  'llama3.2': 'Llama 3.2',
};
const LANGUAGES = new Intl.DisplayNames('en', { type: 'language' });
/** Languages that are named one by one. */
const NAMED = 3;

/** One file, or set of files, that a model comes in. */
export interface Choice {
  quantization: string;
  bytes: number;
}

/** What there is to choose from, smallest first; empty where there is one file only. */
export function choicesOf({ catalog }: ModelInfo): Choice[] {
  const sizes = Object.entries(catalog?.sizes ?? {});
  return sizes.map(([quantization, bytes]) => ({ quantization, bytes })).toSorted((a, b) => a.bytes - b.bytes);
}

/** Whether something of it is on this device, or was meant to be. */
export function isHere({ state, parts, catalog }: ModelInfo): boolean {
  return state !== 'absent' || parts !== undefined || catalog === undefined;
}

/** Whether its bytes come from files of this device, not from an address. */
export function isCopied({ from, catalog }: ModelInfo): boolean {
  return from === undefined && catalog === undefined;
}

/** What is on this device: the default and what is loaded first, then what is on its way, then by name. */
export function here(models: readonly ModelInfo[], kind: ModelInfo['kind'] = 'model'): ModelInfo[] {
  const rank = ({ isDefault, loaded, state }: ModelInfo) => (isDefault ? 0 : loaded ? 1 : state === 'stored' ? 3 : 2);
  return models
    .filter((model) => model.kind === kind && isHere(model))
    .toSorted((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, 'en'));
}

/** What the catalogue has beside that and the filter lets through, smallest first. */
export function offered(models: readonly ModelInfo[], filter: Filter): ModelInfo[] {
  const shown = models.filter((model) => !isHere(model) && matches(model, filter));
  return shown.toSorted((a, b) => a.bytes - b.bytes);
}

function matches(model: ModelInfo, { text, maxBytes, license, language, fits }: Filter): boolean {
  const { catalog } = model;
  const languages = catalog?.languages ?? [];
  const smallest = choicesOf(model)[0]?.bytes ?? model.bytes;
  if (smallest > maxBytes) return false;
  if (fits && model.fit?.verdict === 'wont-fit') return false;
  if (license !== '' && licenseName(model.license) !== license) return false;
  if (language !== '' && !languages.includes(language) && !languages.includes(MORE)) return false;
  const { family = '', parameters = '', strengths = [], why = '' } = catalog ?? {};
  const said = [model.name, model.license, family, parameters, ...strengths, why].join(' ').toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}

/** 'llama3.2' → 'Llama 3.2'. */
export function licenseName(license: string): string {
  return LICENSES[license.toLowerCase()] ?? license;
}

/** Names of the licences, each once, in order. */
export function licensesOf(models: readonly ModelInfo[]): string[] {
  const names = models.map(({ license }) => licenseName(license)).filter(Boolean);
  return [...new Set(names)].toSorted((a, b) => a.localeCompare(b, 'en'));
}

/** The languages that any model names, by their names. */
export function languagesOf(models: readonly ModelInfo[]): { code: string; name: string }[] {
  const codes = new Set(models.flatMap(({ catalog }) => catalog?.languages ?? []));
  codes.delete(MORE);
  const named = [...codes].map((code) => ({ code, name: LANGUAGES.of(code) ?? code }));
  return named.toSorted((a, b) => a.name.localeCompare(b.name, 'en'));
}

/** ['en', 'zh', 'mul'] → 'English, Chinese and more'. */
export function languagesText(codes: readonly string[]): string {
  const names = codes.filter((code) => code !== MORE).map((code) => LANGUAGES.of(code) ?? code);
  const rest = names.length > NAMED + 1 ? names.splice(NAMED).length : 0;
  const more = codes.includes(MORE) ? ['more'] : rest > 0 ? [`${rest} more`] : [];
  const all = [...names, ...more];
  return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}
