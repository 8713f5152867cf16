/**
 * What the store needs of the world; tests put their own.
 *
 * @module
 */

export interface StoreEnvironment {
  fetch: typeof fetch;
  /** Resolves early when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Bytes that this origin may still store; undefined where the browser does not say. */
  availableBytes(): Promise<number | undefined>;
  /** Undefined where there are none: then only one store's own downloads are kept apart. */
  locks: LockManager | undefined;
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
    async availableBytes() {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined ? undefined : quota - (usage ?? 0);
    },
    locks: navigator.locks,
  };
}
