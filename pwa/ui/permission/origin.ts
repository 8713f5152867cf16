/**
 * An origin, taken apart so that a person sees who asks.
 *
 * @module
 */
export interface SpelledOrigin {
  scheme: string;
  /** Punycode, with the port. */
  host: string;
  /** What to look at twice. */
  warnings: string[];
}

/** Spells an origin as the URL API does; undefined for what is no http or https origin. */
export function spellOrigin(origin: string): SpelledOrigin | undefined {
  if (!URL.canParse(origin)) return undefined;
  const url = new URL(origin);
  if (url.origin !== origin || (url.protocol !== 'https:' && url.protocol !== 'http:')) return undefined;
  const warnings: string[] = [];
  if (url.hostname.split('.').some((label) => label.startsWith('xn--'))) {
    warnings.push(
      'This address has letters beyond a–z, spelled here in code (xn--). They can imitate a name you know.',
    );
  }
  const local = /(^|\.)localhost$/.test(url.hostname) || url.hostname === '127.0.0.1' || url.hostname === '[::1]';
  if (url.protocol === 'http:' && !local) {
    warnings.push('The connection is not encrypted: others on the network can read and change this page.');
  }
  return { scheme: `${url.protocol}//`, host: url.host, warnings };
}
