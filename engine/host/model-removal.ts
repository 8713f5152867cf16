/**
 * Deleting a stored model, and what was set for it.
 *
 * @module
 */
import type { EngineSeat } from './engine-seat.ts';
import type { ModelShelf } from './model-shelf.ts';
import { settingsIn } from './preferences.ts';

interface Room {
  shelf: ModelShelf;
  seat: EngineSeat;
}

/**
 * Whether what is loaded, or about to be, is the model or has it attached as an adapter. One that nobody needs is deleted without waiting
 * for a load, which may have gigabytes to fetch and fail for want of the room.
 * @param loading the model that is being loaded
 */
export async function isNeeded(id: string, loading: string | undefined, { shelf, seat }: Room): Promise<boolean> {
  const preferences = await shelf.preferences.read();
  return [seat.status().model?.id, seat.loaded?.id, loading].some(
    (needing) =>
      needing === id ||
      (needing !== undefined && settingsIn(preferences, needing).adapters?.some((adapter) => adapter.id === id)),
  );
}

/** The loaded one is unloaded first. An adapter is taken off the models it is set for. @throws LocalLLMError invalid-state, storage */
export async function removeModel(id: string, { shelf, seat }: Room): Promise<void> {
  if (seat.status().model?.id === id) await seat.unload();
  await (await shelf.store()).remove(id);
  await shelf.preferences.forget(id);
}
