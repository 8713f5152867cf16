/**
 * `window.localLLM` and its announcement, in the page's own world.
 *
 * @module
 */
import { ANNOUNCE_EVENT, REQUEST_EVENT } from '../../engine/client/discovery.ts';
import type { ProviderDetail } from '../../engine/client/discovery.ts';
import type { LocalLLM } from '../../engine/client/local-llm.ts';

// Captured: the page may replace them later.
const { apply } = Reflect;
const { freeze, defineProperty } = Object;
const { CustomEvent } = globalThis;
const { dispatchEvent } = EventTarget.prototype;

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E%3Crect width='32' height='32' rx='7' fill='%233b5bdb'/%3E%3Cpath d='M9 8v16h7M16 8v16h7' fill='none' stroke='%23fff' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E";

/** Defines `window.localLLM` for good and announces it, now and whenever the page asks. */
export function installProvider(provider: LocalLLM): void {
  const info = freeze({ uuid: uuidV4(), name: 'localLLM', icon: ICON, rdns: 'org.localllm' });
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

/** Not crypto.randomUUID, which plain-http pages lack. */
function uuidV4(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = [...bytes].map((byte, at) => {
    const versioned = at === 6 ? (byte & 0x0f) | 0x40 : at === 8 ? (byte & 0x3f) | 0x80 : byte;
    return versioned.toString(16).padStart(2, '0');
  });
  return [hex.slice(0, 4), hex.slice(4, 6), hex.slice(6, 8), hex.slice(8, 10), hex.slice(10)]
    .map((part) => part.join(''))
    .join('-');
}
