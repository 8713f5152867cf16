/**
 * New versions of the web app: fetched in the background, offered, and never started in the middle of an answer.
 *
 * @module
 */
import { Workbox } from 'workbox-window';
import type { ChatSession } from '../ui/chat/session.ts';
import { Observable } from '../ui/observable.ts';

export type UpdateState = 'none' | 'available' | 'after-answer' | 'reloading';

const CHECK_MS = 60 * 60_000;

export class Updates extends Observable<UpdateState> {
  readonly #session: ChatSession;
  #workbox: Workbox | undefined;
  #waiting = false;

  constructor(session: ChatSession) {
    super('none');
    this.#session = session;
  }

  /** Registers the service worker. Without one the app works too, only not offline. */
  async start(): Promise<void> {
    if (!('serviceWorker' in navigator)) return;
    const workbox = new Workbox('./sw.js');
    this.#workbox = workbox;
    workbox.addEventListener('waiting', () => {
      this.#waiting = true;
      this.set('available');
    });
    workbox.addEventListener('controlling', ({ isUpdate, isExternal }) => {
      if (this.value === 'reloading') location.reload();
      // Another window took the new version: this one still runs the old one, and is offered a reload.
      else if (isUpdate || isExternal) this.set('available');
    });
    await workbox.register().catch(() => undefined);
    setInterval(() => void workbox.update().catch(() => undefined), CHECK_MS);
  }

  /** Takes the new version now, or as soon as the answer that is being written ends. */
  apply(): void {
    if (this.#session.value.streaming) {
      this.set('after-answer');
      const unsubscribe = this.#session.subscribe(() => {
        if (this.#session.value.streaming) return;
        unsubscribe();
        this.apply();
      });
      return;
    }
    this.set('reloading');
    if (this.#waiting) this.#workbox?.messageSkipWaiting();
    else location.reload();
  }
}
