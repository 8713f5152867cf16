/**
 * Where links of a model's markdown may lead, and what is told of it.
 *
 * @module
 */
export interface Link {
  href: string;
  /** Host or mail address, where the link's own text does not say just that: it is shown behind the text. */
  place?: string;
}

/** Of addresses in the web and of mail; other links are their text alone. */
export function linkOf(href: string, text: string): Link | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (!url || !['http:', 'https:', 'mailto:'].includes(url.protocol)) return undefined;
  const place = url.protocol === 'mailto:' ? url.pathname : url.host;
  const honest = [href, url.href, place].includes(text.trim());
  return { href: url.href, ...(!honest && { place }) };
}
