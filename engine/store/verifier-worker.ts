/**
 * A thread that verifies a stored file.
 *
 * @module
 */
import { MODELS_DIRECTORY, openOpfs } from './opfs.ts';
import { type VerifierRequest, VerifierWork } from './verifier.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const work = new VerifierWork(
  () => openOpfs(MODELS_DIRECTORY),
  (reply) => scope.postMessage(reply),
);

scope.addEventListener('message', ({ data }: MessageEvent<VerifierRequest>) => work.handle(data));
