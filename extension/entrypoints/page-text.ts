import { defineUnlistedScript } from 'wxt/utils/define-unlisted-script';
import { readPage } from '../page-text/read-page.ts';

/** Put into a page when the person asks for its text; what it returns is the result of that. */
export default defineUnlistedScript(() => readPage(document));
