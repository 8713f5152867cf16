/**
 * What `create({ monitor })` is told of the download.
 *
 * @module
 */
import { EventHandler, fireProgress } from './event-handler.ts';
import type { LanguageModelCreateMonitor } from './language-model-types.ts';

const EVENT = 'downloadprogress';

class CreateMonitor extends EventTarget implements LanguageModelCreateMonitor {
  readonly #handler = new EventHandler(this, EVENT);

  get ondownloadprogress(): ((event: Event) => unknown) | null {
    return this.#handler.get();
  }
  set ondownloadprogress(handler: ((event: ProgressEvent) => unknown) | null) {
    this.#handler.set(handler);
  }
}

/**
 * Shows a new monitor to the page's callback, whose error passes through. Gives what tells it of progress, 0…1: each fraction once,
 * rising.
 */
export function startMonitor(callback: ((monitor: LanguageModelCreateMonitor) => void) | undefined) {
  if (!callback) return () => {};
  const monitor = new CreateMonitor();
  callback(monitor);
  let told = -1;
  return (fraction: number): void => {
    if (fraction <= told) return;
    told = fraction;
    fireProgress(monitor, EVENT, fraction);
  };
}
