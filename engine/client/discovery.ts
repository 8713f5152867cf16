/**
 * How a page finds localLLM: the provider announces itself at start and whenever it is asked, as wallets do by EIP-6963.
 *
 * @module
 */
import type { LocalLLM } from './local-llm.ts';

export const ANNOUNCE_EVENT = 'localllm:announce';
export const REQUEST_EVENT = 'localllm:request';

export interface ProviderInfo {
  /** A new one for each page. */
  readonly uuid: string;
  readonly name: string;
  /** A data: URL. */
  readonly icon: string;
  /** The provider in reverse domain notation; the same for every page. */
  readonly rdns: string;
}
export interface ProviderDetail {
  readonly info: ProviderInfo;
  readonly provider: LocalLLM;
}

const DEFAULT_TIMEOUT_MS = 1_000;

/**
 * The first provider that answers.
 * @throws DOMException NotSupportedError when none does within `timeoutMs` (default 1000)
 */
export function getLocalLLM(options: { timeoutMs?: number } = {}): Promise<LocalLLM> {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      clearTimeout(timer);
      removeEventListener(ANNOUNCE_EVENT, onAnnounce);
    };
    const onAnnounce = (event: Event): void => {
      const provider = (event as CustomEvent<Partial<ProviderDetail> | null>).detail?.provider;
      if (provider?.apiVersion !== 1) return;
      finish();
      resolve(provider);
    };
    const timer = setTimeout(() => {
      finish();
      const advice = 'Install the localLLM extension and reload the page.';
      reject(new DOMException(`No localLLM answered within ${timeoutMs} ms. ${advice}`, 'NotSupportedError'));
    }, timeoutMs);
    addEventListener(ANNOUNCE_EVENT, onAnnounce);
    dispatchEvent(new Event(REQUEST_EVENT));
  });
}
