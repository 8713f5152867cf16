/**
 * The browser's leave for a site.
 *
 * @module
 */

/** What the browser has to be asked for; its patterns for permissions know no ports. */
export function hostPermission(origin: string): { origins: string[] } {
  const { protocol, hostname } = new URL(origin);
  return { origins: [`${protocol}//${hostname}/*`] };
}

/** Whether the browser has one leave for both: they differ in their ports at most. */
export function sharePermission(one: string, other: string): boolean {
  return hostPermission(one).origins[0] === hostPermission(other).origins[0];
}
