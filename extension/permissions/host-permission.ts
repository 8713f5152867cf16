/**
 * The browser's leave for a site.
 *
 * @module
 */

/**
 * What the browser has to be asked for; its patterns for permissions know no ports. Of both schemes, as Chromium takes nothing back
 * that the manifest's content scripts match as well, and each of their patterns has one scheme.
 */
export function hostPermission(origin: string): { origins: string[] } {
  return { origins: [`*://${new URL(origin).hostname}/*`] };
}

/** Whether the browser has one leave for both: they differ in scheme and port at most. */
export function sharePermission(one: string, other: string): boolean {
  return new URL(one).hostname === new URL(other).hostname;
}
