import { defineContentScript } from 'wxt/utils/define-content-script';
import { acceptPagePort, relayPage } from '../bridge/page-relay.ts';

/** Runs in the extension's own world of the page: relays between the provider and the background. */
export default defineContentScript({
  matches: ['http://*/*', 'https://*/*'],
  runAt: 'document_start',
  main: () => acceptPagePort(relayPage),
});
