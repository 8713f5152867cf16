import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { OFFER_EVENT } from '../bridge/page-messages.ts';

/** Runs in the page's own world, after the provider and before the page's scripts, on sites where the person switched it on. */
export default defineUnlistedScript(() => void dispatchEvent(new Event(OFFER_EVENT)));
