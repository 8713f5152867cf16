/**
 * Installing the web app: the browser's own offer where there is one, a guide in Safari and in all browsers on iOS.
 *
 * @module
 */
import { type Guide, guideFor } from '../ui/install/guides.ts';
import { isInstalled } from '../ui/install/installed.ts';
import { Observable } from '../ui/observable.ts';

/** Not in the DOM's types: only Chromium has it. */
interface BeforeInstallPromptEvent extends Event {
  prompt(): Promise<unknown>;
}

export interface InstallState {
  /** The browser asks the person itself. */
  way: 'none' | 'prompt' | 'guide';
  guide?: Guide;
  /** The guide is not offered by itself any more. */
  dismissed: boolean;
}

const DISMISSED = 'localllm-install-dismissed';

export class Installer extends Observable<InstallState> {
  #offer: BeforeInstallPromptEvent | undefined;

  constructor() {
    const { userAgent, maxTouchPoints: touchPoints } = navigator;
    const guide = guideFor({ userAgent, touchPoints, installed: isInstalled() });
    super({ way: guide ? 'guide' : 'none', ...(guide && { guide }), dismissed: remembers() });
    addEventListener('beforeinstallprompt', (event) => {
      if (guide) return;
      event.preventDefault();
      this.#offer = event as BeforeInstallPromptEvent;
      this.set({ ...this.value, way: 'prompt' });
    });
    addEventListener('appinstalled', () => this.set({ ...this.value, way: 'none' }));
  }

  /** Asks the browser to ask; its offer works once. */
  async install(): Promise<void> {
    const offer = this.#offer;
    this.#offer = undefined;
    this.set({ ...this.value, way: 'none' });
    await offer?.prompt().catch(() => {}); // the browser asks no more
  }

  /** The guide is not offered by itself again on this device; a button still leads to it. */
  dismiss(): void {
    this.set({ ...this.value, dismissed: true });
    try {
      localStorage.setItem(DISMISSED, '1');
    } catch {
      // a browser that stores nothing offers it again
    }
  }
}

function remembers(): boolean {
  try {
    return localStorage.getItem(DISMISSED) !== null;
  } catch {
    return false;
  }
}
