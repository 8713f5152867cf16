/**
 * A thread of grammars, for one owner: compiles what answers are held to and says token by token what may come next. It can be
 * stopped, whatever it is doing.
 *
 * @module
 */
import type { GrammarReply, GrammarRequest } from './grammar-messages.ts';
import { Matchers } from './matchers.ts';
import { LocalLLMError } from '../protocol/errors.ts';

interface Port {
  postMessage(message: GrammarReply, transfer: ArrayBuffer[]): void;
}

const matchers = new Matchers();
let turn: Promise<void> = Promise.resolve();

async function answer(port: Port, request: GrammarRequest): Promise<void> {
  const { id } = request;
  try {
    const state = await matchers.handle(request);
    port.postMessage(state ? { id, state } : { id }, state ? [state.mask.buffer] : []);
  } catch (error) {
    const fatal = !(error instanceof LocalLLMError);
    const { code, message } = LocalLLMError.from(error);
    port.postMessage({ id, error: { code, message }, fatal }, []);
  }
}

const take = (port: Port, request: GrammarRequest): void => {
  turn = turn.then(() => answer(port, request));
};

const threads = (globalThis as { process?: NodeJS.Process }).process?.getBuiltinModule?.('node:worker_threads');
if (threads?.parentPort) {
  const { parentPort } = threads;
  parentPort.on('message', (request: GrammarRequest) => take(parentPort, request));
} else {
  const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
  scope.addEventListener('message', ({ data }: MessageEvent<GrammarRequest>) => take(scope, data));
}
