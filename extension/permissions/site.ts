/**
 * Who grants, budgets and accounts belong to.
 *
 * @module
 */
import * as v from 'valibot';

const origin = v.pipe(
  v.string(),
  v.maxLength(2048),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text, 'Expected an origin'),
);

/** What names a site in whatever is stored. */
export const siteEntries = {
  origin,
  /** Of a frame: the origin of the page that shows it and speaks for it. */
  top: v.exactOptional(origin),
};
export const SiteSchema = v.strictObject({
  ...siteEntries,
  /** In a private window: kept apart, and forgotten with it. */
  private: v.exactOptional(v.literal(true)),
});
/** A site, or a site's frame inside another one. */
export type Site = v.InferOutput<typeof SiteSchema>;

/** 'https://a.example'; 'https://a.example|https://b.example' is b's frame in a. Says nothing of private windows. */
export function siteKey(site: Pick<Site, 'origin' | 'top'>): string {
  return site.top === undefined ? site.origin : `${site.top}|${site.origin}`;
}

/** As `siteKey`, apart for private windows: no origin has a space. */
export function ownerKey(site: Site): string {
  return site.private ? `private ${siteKey(site)}` : siteKey(site);
}

/** Its name in messages. */
export function siteName({ origin: own, top }: Pick<Site, 'origin' | 'top'>): string {
  return top === undefined ? own : `${own} in ${top}`;
}

/** `site` alone, out of what knows more. */
export function siteOf({ origin: own, top, private: apart }: Site): Site {
  return { origin: own, ...(top !== undefined && { top }), ...(apart && { private: apart }) };
}

export function isSameSite(a: Site, b: Site): boolean {
  return ownerKey(a) === ownerKey(b);
}
