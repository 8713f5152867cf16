/**
 * Why a tab cannot be read, for people; of what Chromium says, for programmers.
 *
 * @module
 */

export const NOT_ALLOWED =
  'The browser has not shown this page to localLLM. Right-click the page and choose “Ask localLLM about this page”, or click localLLM’s icon in the toolbar first.';
export const PDF =
  'The browser’s PDF viewer does not hand out its text. Select what you need in it, then right-click the selection and choose “Ask localLLM about …”.';
export const OWN = 'This is a page of localLLM itself. Switch to the tab that you want to ask about.';
export const PRIVATE =
  'This is a private window. What is attached is kept with the chat, so localLLM reads no private pages.';
export const FILE =
  'The browser shows files of this computer to no extension unless “Allow access to file URLs” is on in localLLM’s details, in the browser’s list of extensions.';
export const NO_TAB = 'The window that this chat stands beside is closed. Open localLLM from another one.';
export const EMPTY = 'No text was found on this page.';
export const NOTHING_SELECTED = 'Nothing is selected on this page.';
export const NO_ANSWER = 'The page did not answer. It may be loading or busy: try again.';

const REFUSALS: [RegExp, string][] = [
  [/extensions gallery/i, 'The browser lets no extension read the pages of its store.'],
  [/chrome-extension:\/\/ URL/i, 'The browser lets no extension read the pages of another one.'],
  [
    /cannot access (a|contents of( the)? url) ?"?(chrome|about|edge|brave|devtools|view-source)|chrome:\/\/ URL/i,
    'The browser lets no extension read its own pages.',
  ],
  [/(new tab|sign-in) page/i, 'The browser lets no extension read its own pages.'],
  [/url "file:/i, FILE],
  [/showing error page/i, 'This tab shows an error of the browser, not a page.'],
  [/ExtensionsSettings policy/i, 'Whoever manages this browser keeps extensions out of this page.'],
  [/no tab with id|tab was closed/i, 'The tab is closed.'],
  [/was removed|navigated/i, 'The page changed while it was read. Try again.'],
  [/did not answer/, NO_ANSWER],
];

export function refusalOf(error: unknown): string {
  const text = String(error);
  return REFUSALS.find(([pattern]) => pattern.test(text))?.[1] ?? NOT_ALLOWED;
}
