/**
 * Installing the web app: the browser's own offer where there is one, instructions on iOS.
 *
 * @module
 */
import { isIos } from '../ui/engine/browsers.ts';
import { Observable } from '../ui/observable.ts';

/** Not in the DOM's types: only Chromium has it. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

export type InstallWay = 'none' | 'prompt' | 'ios';

export class Installer extends Observable<InstallWay> {
  #offer: BeforeInstallPromptEvent | undefined;

  constructor() {
    super(isIos(navigator.userAgent, navigator.maxTouchPoints) && !isInstalled() ? 'ios' : 'none');
    addEventListener('beforeinstallprompt', (event) => {
      event.preventDefault();
      this.#offer = event as BeforeInstallPromptEvent;
      this.set('prompt');
    });
    addEventListener('appinstalled', () => this.set('none'));
  }

  /** Asks the browser to ask; its offer works once. */
  async install(): Promise<void> {
    const offer = this.#offer;
    this.#offer = undefined;
    this.set('none');
    await offer?.prompt();
  }
}

function isInstalled(): boolean {
  return (
    matchMedia('(display-mode: standalone)').matches || (navigator as { standalone?: boolean }).standalone === true
  );
}
