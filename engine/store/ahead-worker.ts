/**
 * A thread that reads a stored file ahead.
 *
 * @module
 */
import { MODELS_DIRECTORY, openOpfs } from './opfs.ts';
import { AheadReader, type AheadRequest } from './read-ahead.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const reader = new AheadReader(
  () => openOpfs(MODELS_DIRECTORY),
  () => scope.postMessage('closed'),
);

scope.addEventListener('message', ({ data }: MessageEvent<AheadRequest>) => reader.handle(data));
