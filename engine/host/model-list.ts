/**
 * The models that a person may choose from: the catalogue, and whatever else is stored.
 *
 * @module
 */
import type { EngineStatus, ModelInfo } from '../protocol/messages.ts';
import type { CatalogEntry } from '../store/catalog.ts';

interface Stored {
  id: string;
  bytes: number;
  complete: boolean;
}

export function listModels(
  catalog: readonly CatalogEntry[],
  storedModels: readonly Stored[],
  { state, model }: Pick<EngineStatus, 'state' | 'model'>,
): ModelInfo[] {
  const stored = new Map(storedModels.map((entry) => [entry.id, entry]));
  const loadedId = state === 'ready' ? model?.id : undefined;
  const downloadingId = state === 'downloading' ? model?.id : undefined;
  const known = catalog.map(({ id, name, license, bytes }): ModelInfo => {
    const { bytes: storedBytes = 0, complete = false } = stored.get(id) ?? {};
    stored.delete(id);
    const having = complete ? 'stored' : downloadingId === id ? 'downloading' : 'absent';
    return { id, name, license, bytes, storedBytes, state: having, loaded: loadedId === id };
  });
  const others = [...stored.values()].map(({ id, bytes, complete }): ModelInfo => {
    const having = complete ? 'stored' : 'absent';
    return { id, name: id, license: '', bytes, storedBytes: bytes, state: having, loaded: loadedId === id };
  });
  return [...known, ...others];
}
