/**
 * The models that a person may choose from: the catalogue, and whatever else is stored.
 *
 * @module
 */
import type { ErrorData } from '../protocol/errors.ts';
import type { CatalogFacts, EngineStatus, ModelInfo } from '../protocol/messages.ts';
import { catalogBytes, type CatalogEntry } from '../store/catalog.ts';
import type { StoredModel } from '../store/stored-model.ts';
import { type PreferenceRecord, settingsIn, speedIn } from './preferences.ts';

export interface ListOptions {
  catalog: readonly CatalogEntry[];
  stored: readonly StoredModel[];
  status: Pick<EngineStatus, 'state' | 'model'>;
  /** Why downloads failed. */
  errors: ReadonlyMap<string, ErrorData>;
  preferences: PreferenceRecord;
  defaultId: string;
  /** The GPU, where it is known: speeds that are told are its. */
  adapter: string | undefined;
}

export function listModels(options: ListOptions): ModelInfo[] {
  const { catalog, stored, defaultId, errors, preferences, adapter } = options;
  const { state, model } = options.status;
  const having = new Map(stored.map((entry) => [entry.id, entry]));
  const downloadingId = state === 'downloading' ? model?.id : undefined;
  const info = (id: string, entry: CatalogEntry | undefined): ModelInfo => {
    const there = having.get(id);
    const error = errors.get(id);
    const speed = speedIn(preferences, id, adapter);
    const reached = stateOf(there, downloadingId === id);
    return {
      id,
      name: there?.name ?? entry?.name ?? id,
      license: there?.license ?? entry?.license ?? '',
      bytes: there?.totalBytes ?? (entry ? catalogBytes(entry) : (there?.bytes ?? 0)),
      storedBytes: there?.bytes ?? 0,
      state: reached,
      loaded: state === 'ready' && model?.id === id,
      kind: 'model',
      isDefault: id === defaultId,
      settings: settingsIn(preferences, id),
      ...(speed && { speed }),
      ...(reached === 'paused' && preferences.downloads.includes(id) && { resumes: true as const }),
      ...(there?.running && { download: downloadOf(there) }),
      ...(error && !there?.running && { error }),
      ...describe(there, entry),
    };
  };
  const known = catalog.map((entry) => info(entry.id, entry));
  const offered = new Set(catalog.map(({ id }) => id));
  return [...known, ...stored.flatMap(({ id }) => (offered.has(id) ? [] : [info(id, undefined)]))];
}

function stateOf(having: StoredModel | undefined, downloading: boolean): ModelInfo['state'] {
  if (having?.complete) return 'stored';
  if (having?.running || downloading) return 'downloading';
  return having && having.bytes > 0 ? 'paused' : 'absent';
}

function downloadOf({ running, totalBytes, bytes }: StoredModel): NonNullable<ModelInfo['download']> {
  const bytesPerSecond = running?.bytesPerSecond ?? 0;
  if (totalBytes === undefined || bytesPerSecond <= 0) return { bytesPerSecond };
  return { bytesPerSecond, secondsLeft: (totalBytes - bytes) / bytesPerSecond };
}

function describe(having: StoredModel | undefined, entry: CatalogEntry | undefined): Partial<ModelInfo> {
  const quantization = having?.quantization ?? (entry?.kind === 'repository' ? entry.quantization : undefined);
  return {
    ...(quantization !== undefined && { quantization }),
    ...(having && { parts: having.parts }),
    ...(having?.from !== undefined && { from: having.from }),
    ...(entry && { catalog: factsOf(entry) }),
  };
}

function factsOf(entry: CatalogEntry): CatalogFacts {
  const { family, parameters, contextTokens, languages, strengths, sampling, template, why } = entry;
  return {
    family,
    parameters,
    contextTokens,
    languages,
    strengths,
    why,
    ...(sampling && { sampling }),
    ...(template !== undefined && { template }),
    ...(entry.kind === 'repository' && { sizes: entry.sizes }),
  };
}
