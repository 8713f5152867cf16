/**
 * Threads that read stored files ahead: in browsers alone, where such files are.
 *
 * @module
 */
import type { AheadEvents, AheadThread } from './read-ahead.ts';

export function openAheadThread({ onClosed, onFailure }: AheadEvents): AheadThread {
  const worker = new Worker(new URL('./ahead-worker.ts', import.meta.url), { type: 'module', name: 'read ahead' });
  worker.addEventListener('message', onClosed); // there is no other
  worker.addEventListener('error', onFailure);
  return { post: (request) => worker.postMessage(request), terminate: () => worker.terminate() };
}
