/**
 * Threads that verify stored files: in browsers alone, where such files are.
 *
 * @module
 */
import type { VerifierEvents, VerifierReply, VerifierThread } from './verifier.ts';

export function openVerifierThread({ onReply, onFailure }: VerifierEvents): VerifierThread {
  const worker = new Worker(new URL('./verifier-worker.ts', import.meta.url), { type: 'module', name: 'verifier' });
  worker.addEventListener('message', ({ data }: MessageEvent<VerifierReply>) => onReply(data));
  worker.addEventListener('error', onFailure);
  return { post: (request) => worker.postMessage(request), terminate: () => worker.terminate() };
}
