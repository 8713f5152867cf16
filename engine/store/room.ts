/**
 * Room for a file: asked before its first byte, explained when it ran out.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { StoreEnvironment } from './environment.ts';

/** @throws LocalLLMError storage-full, with both figures in bytes, where the browser says that `missing` bytes are too many */
export async function checkRoom(
  name: string,
  missing: number,
  environment: Pick<StoreEnvironment, 'estimate'>,
): Promise<void> {
  const estimate = await environment.estimate();
  if (estimate && estimate.quota - estimate.usage < missing) throw storageFull(name, missing, estimate);
}

export function storageFull(
  name: string,
  missing: number,
  estimate: { usage: number; quota: number } | undefined,
  cause?: unknown,
): LocalLLMError {
  const available = estimate && Math.max(0, estimate.quota - estimate.usage);
  const has = available === undefined ? 'the disk is full' : `${megabytes(available)} are available`;
  return new LocalLLMError(
    'storage-full',
    `${name} needs ${megabytes(missing)} more and ${has}. Delete other models or free disk space, then try again: what is there is kept.`,
    { cause, details: { requested: missing, ...(available !== undefined && { quota: available }) } },
  );
}

export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
