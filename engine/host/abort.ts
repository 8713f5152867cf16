/**
 * Leaving work by an AbortSignal.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';

const cancelled = () => new LocalLLMError('aborted', 'The request was cancelled.');

/** @throws LocalLLMError aborted */
export function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw cancelled();
}

/** Settles as the promise does, or rejects with `aborted` as soon as the signal says so. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
