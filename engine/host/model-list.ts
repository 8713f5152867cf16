/**
 * The models that a person may choose from: the catalogue, and whatever else is stored.
 *
 * @module
 */
import type { ErrorData } from '../protocol/errors.ts';
import type { CatalogFacts, EngineStatus, ModelInfo } from '../protocol/messages.ts';
import { catalogBytes, type CatalogEntry } from '../store/catalog.ts';
import type { StoredModel } from '../store/stored-model.ts';

export function listModels(
  catalog: readonly CatalogEntry[],
  storedModels: readonly StoredModel[],
  { state, model }: Pick<EngineStatus, 'state' | 'model'>,
  errors: ReadonlyMap<string, ErrorData> = new Map(),
  defaultId?: string,
): ModelInfo[] {
  const stored = new Map(storedModels.map((entry) => [entry.id, entry]));
  const loadedId = state === 'ready' ? model?.id : undefined;
  const downloadingId = state === 'downloading' ? model?.id : undefined;
  const info = (id: string, entry: CatalogEntry | undefined): ModelInfo => {
    const having = stored.get(id);
    const error = errors.get(id);
    stored.delete(id);
    return {
      id,
      name: having?.name ?? entry?.name ?? id,
      license: having?.license ?? entry?.license ?? '',
      bytes: having?.totalBytes ?? (entry ? catalogBytes(entry) : (having?.bytes ?? 0)),
      storedBytes: having?.bytes ?? 0,
      state: stateOf(having, downloadingId === id),
      loaded: loadedId === id,
      kind: 'model',
      isDefault: id === defaultId,
      settings: {},
      ...(having?.running && { download: downloadOf(having) }),
      ...(error && !having?.running && { error }),
      ...describe(having, entry),
    };
  };
  const known = catalog.map((entry) => info(entry.id, entry));
  return [...known, ...[...stored.keys()].map((id) => info(id, undefined))];
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
