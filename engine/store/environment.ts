/**
 * What the store needs of the world; tests put their own.
 *
 * @module
 */
import type { OpenVerifierThread } from './verifier.ts';
import { openVerifierThread } from './verifier-thread.ts';

export interface StoreEnvironment {
  fetch: typeof fetch;
  /** Resolves early when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves at once where the device is online or cannot tell, else once it is online or the signal fires. */
  online(signal: AbortSignal): Promise<void>;
  /** What this origin stores and may store, in bytes; undefined where the browser does not say. */
  estimate(): Promise<{ usage: number; quota: number } | undefined>;
  /** Undefined where there are none: then only one store's own downloads are kept apart. */
  locks: LockManager | undefined;
  /** Opens a thread that verifies stored files; undefined where there are none. */
  openVerifierThread: OpenVerifierThread | undefined;
  /** 0…1, to spread retries. */
  random(): number;
  /** Milliseconds from any fixed moment. */
  now(): number;
}

/** Resolves at the event or the signal, whichever comes first. */
function until(target: EventTarget, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      target.removeEventListener(event, wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    target.addEventListener(event, wake);
    signal.addEventListener('abort', wake);
  });
}

/** The browser's own. */
export function browserEnvironment(): StoreEnvironment {
  return {
    fetch: (input, init) => fetch(input, init),
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, ms);
        signal.addEventListener('abort', wake);
      }),
    // An embedded browser may lack the property; only an outspoken false means offline.
    online: async (signal) => {
      const { onLine } = navigator as Partial<Navigator>;
      if (onLine === false && !signal.aborted) await until(globalThis, 'online', signal);
    },
    async estimate() {
      const { quota, usage = 0 } = await navigator.storage.estimate();
      return quota === undefined ? undefined : { quota, usage };
    },
    locks: navigator.locks,
    openVerifierThread,
    random: () => Math.random(),
    now: () => performance.now(),
  };
}
