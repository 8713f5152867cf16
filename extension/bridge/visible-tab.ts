/**
 * Which tab the person sees: the active one of the window that was used last. Watched only while somebody wants to know, as every
 * event would wake the background.
 *
 * @module
 */
import { browser } from 'wxt/browser';

export class VisibleTab {
  readonly #onChange: (tabId: number | undefined) => void;
  #watching = false;
  readonly #look = (): void => void this.look();

  constructor(onChange: (tabId: number | undefined) => void) {
    this.#onChange = onChange;
  }

  watch(on: boolean): void {
    if (on === this.#watching) return;
    this.#watching = on;
    for (const event of [browser.tabs.onActivated, browser.windows.onFocusChanged, browser.tabs.onAttached]) {
      if (on) event.addListener(this.#look);
      else event.removeListener(this.#look);
    }
  }

  /** Tells what is visible now; nothing where it cannot be found out. */
  async look(): Promise<void> {
    // 'normal': a question of ours, in a window of its own, does not hide the page that asks.
    const last = await browser.windows.getLastFocused({ windowTypes: ['normal'] }).catch(() => undefined);
    if (last?.id === undefined) return;
    const [tab] = await browser.tabs.query({ active: true, windowId: last.id }).catch(() => []);
    this.#onChange(last.state === 'minimized' ? undefined : tab?.id);
  }
}
