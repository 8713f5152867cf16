/**
 * `window.localLLM` and its announcement, in the page's own world.
 *
 * @module
 */
import { ANNOUNCE_EVENT, REQUEST_EVENT } from '../../engine/client/discovery.ts';
import type { ProviderDetail } from '../../engine/client/discovery.ts';
import { installGlobal } from '../../engine/client/install-global.ts';
import type { LocalLLM } from '../../engine/client/local-llm.ts';
import mark from '../../pwa/icons/mark.svg?raw';
import { OFFER_EVENT } from './page-messages.ts';

// Captured: the page may replace them later.
const { apply } = Reflect;
const { freeze, defineProperty } = Object;
const { CustomEvent } = globalThis;
const { dispatchEvent } = EventTarget.prototype;

const ICON = `data:image/svg+xml,${encodeURIComponent(mark)}`;

/** Defines `window.localLLM` for good and announces it, now and whenever the page asks. */
export function installProvider(provider: LocalLLM): void {
  const info = freeze({ uuid: crypto.randomUUID(), name: 'localLLM', icon: ICON, rdns: 'org.localllm' });
  const detail: ProviderDetail = freeze({ info, provider });
  const announce = (): void => {
    apply(dispatchEvent, window, [new CustomEvent(ANNOUNCE_EVENT, { detail })]);
  };
  try {
    defineProperty(window, 'localLLM', { value: provider, enumerable: true, writable: false, configurable: false });
  } catch {
    // Another extension was here first: the page still finds this one by discovery.
  }
  window.addEventListener(REQUEST_EVENT, announce);
  announce();
}

/**
 * In a frame: nothing is to be seen until the frame's own script looks for a provider and the page around it lets it have one
 * (`<meta name="localllm-allow">`).
 */
export function installWhenDelegated(provider: LocalLLM): void {
  const { query } = provider.permissions;
  let asking = false;
  const onRequest = (): void => {
    if (asking) return;
    asking = true;
    query().then(
      () => {
        window.removeEventListener(REQUEST_EVENT, onRequest);
        installProvider(provider);
      },
      () => (asking = false),
    );
  };
  window.addEventListener(REQUEST_EVENT, onRequest);
}

/**
 * Makes the provider's `LanguageModel` the page's own once `language-model.ts` says so. A page that says so itself gets what it could
 * as well have written down: `globalThis.LanguageModel = localLLM.LanguageModel`.
 */
export function installGlobalWhenOffered(provider: LocalLLM): void {
  window.addEventListener(OFFER_EVENT, () => void installGlobal(provider), { once: true });
}
