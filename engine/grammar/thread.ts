/**
 * Threads of grammars, in browsers and in Node.
 *
 * @module
 */
import type { GrammarReply, GrammarRequest } from './grammar-messages.ts';

export interface Thread {
  post(request: GrammarRequest): void;
  terminate(): void;
}

export interface ThreadEvents {
  onReply(reply: GrammarReply): void;
  /** The thread is no more. */
  onFailure(cause: unknown): void;
}

/** Not named at once: bundlers for browsers would take what they find for a file of their own. */
const here = import.meta.url;

export function openThread({ onReply, onFailure }: ThreadEvents): Thread {
  const threads = (globalThis as { process?: NodeJS.Process }).process?.getBuiltinModule?.('node:worker_threads');
  if (!threads) {
    const worker = new Worker(new URL('./grammar-worker.ts', import.meta.url), { type: 'module', name: 'grammars' });
    worker.addEventListener('message', ({ data }: MessageEvent<GrammarReply>) => onReply(data));
    worker.addEventListener('error', (event) => onFailure(new Error(event.message)));
    return { post: (request) => worker.postMessage(request), terminate: () => worker.terminate() };
  }
  const file = here.endsWith('.ts') ? 'grammar-worker.ts' : 'grammar-worker.js';
  const worker = new threads.Worker(new URL(file, here));
  worker.on('message', onReply);
  worker.on('error', onFailure);
  worker.unref(); // it keeps no process alive
  return { post: (request) => worker.postMessage(request), terminate: () => void worker.terminate() };
}
