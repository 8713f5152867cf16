import { defineContentScript } from 'wxt/utils/define-content-script';
import { createPageClient } from '../../engine/client/page-client.ts';
import { createLocalLLM } from '../../engine/client/local-llm.ts';
import { connectThroughPage } from '../bridge/page-port.ts';
import { installGlobalWhenOffered, installProvider, installWhenDelegated } from '../bridge/provider.ts';

/** Runs in the page's own world: gives the page `window.localLLM`. */
export default defineContentScript({
  matches: ['http://*/*', 'https://*/*'],
  runAt: 'document_start',
  world: 'MAIN',
  allFrames: true,
  main: () => {
    // As with the browser's own powerful features: over plain http anyone on the way could speak as the site.
    if (!window.isSecureContext || window.parent !== window.top) return;
    const provider = createLocalLLM(createPageClient(connectThroughPage()));
    if (window !== window.top) return installWhenDelegated(provider);
    installProvider(provider);
    installGlobalWhenOffered(provider);
  },
});
