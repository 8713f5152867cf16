/**
 * Keeps a model that ends the whole page from doing so again and again: iOS ends a page that takes too much memory without a word, opens
 * it again, and the page would load the model again.
 *
 * @module
 */
import type { LifecycleOptions, PageEvents } from './lifecycle.ts';

export interface LoadGuardOptions extends PageEvents {
  monitor: LifecycleOptions['monitor'];
  /** `localStorage`, or what stands for it. */
  storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
}

const KEY = 'localllm-unfinished-loads';
/** Loads in a row that ended the page before the person is asked. */
const MAX_UNFINISHED = 2;

/** Holds the engine where the last loads ended the page, and counts the loads of this one. Call it before anything is loaded. */
export function guardLoads({ window, document, monitor, storage }: LoadGuardOptions): void {
  const before = read(storage);
  if (before >= MAX_UNFINISHED) {
    const message = `The page ended ${before} times in a row while the model was being loaded; the system does so where memory runs out.`;
    monitor.hold({ code: 'out-of-memory', message });
  }
  let unfinished = before;
  let loading = false;
  const write = (count: number): void => {
    try {
      if (count > 0) storage.setItem(KEY, String(count));
      else storage.removeItem(KEY);
    } catch {
      // a browser that stores nothing: there is nothing to remember it by
    }
  };
  monitor.subscribe(() => {
    const state = monitor.value.status?.state;
    if (state === 'loading') {
      // Of a hidden page the load that is being stopped goes on to tell how far it is.
      if (loading || document.visibilityState === 'hidden') return;
      write(unfinished + 1);
      loading = true;
      return;
    }
    if (state === 'ready') unfinished = 0;
    if (loading || state === 'ready') write(unfinished);
    loading = false;
  });
  // A page that is left or hidden may be ended for reasons of its own.
  const leave = (): void => {
    if (loading) write(unfinished);
    loading = false;
  };
  window.addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && leave());
}

function read(storage: LoadGuardOptions['storage']): number {
  try {
    return Number(storage.getItem(KEY)) || 0;
  } catch {
    return 0;
  }
}
