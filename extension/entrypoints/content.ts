import { defineContentScript } from 'wxt/utils/define-content-script';
import { answerDocumentCalls } from '../bridge/document-calls.ts';
import { acceptPagePort, relayPage } from '../bridge/page-relay.ts';

/** Runs in the extension's own world of the page: relays between the provider and the background. */
export default defineContentScript({
  matches: ['http://*/*', 'https://*/*'],
  runAt: 'document_start',
  allFrames: true,
  main: () => {
    // A frame in a frame would speak for a page that may not know of it.
    if (window.parent !== window.top) return;
    answerDocumentCalls();
    acceptPagePort(relayPage);
  },
});
