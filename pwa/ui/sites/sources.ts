/**
 * What the views of sites are given; the extension has it from its background.
 *
 * @module
 */

/** A site, or a site's frame inside the site `top`; in private windows apart. */
export interface Site {
  origin: string;
  top?: string;
  private?: true;
}
/** What the person set; what is not there is as by default, null is without limit. */
export interface SiteSettings {
  tokensPerHour?: number | null;
  secondsPerHour?: number | null;
  maxOpen?: number;
  paused?: boolean;
  languageModel?: boolean;
}
export interface SiteRecord {
  site: Site;
  decision?: 'once' | 'always' | 'never';
  decidedMs?: number;
  lastUsedMs?: number;
  requests: number;
  tokens: number;
  busyMs: number;
  hour: { tokens: number; busyMs: number; endsMs: number };
  settings: SiteSettings;
  /** What holds, by setting or by default. */
  budget: { tokensPerHour: number | null; secondsPerHour: number | null; maxOpen: number };
}
/** A site whose pages the side panel may read. */
export interface ReadableSite {
  /** Without a port: for the browser all of them are one. */
  origin: string;
  allowedMs: number;
  /** `LanguageModel` is on there, and needs the browser's permission, too. */
  languageModel: boolean;
}
export interface SitesSource {
  list(): Promise<SiteRecord[]>;
  /** Lets a site use the model without asking. */
  allow(origin: string): Promise<void>;
  /** Forgets all about a site; what it runs ends. */
  revoke(site: Site): Promise<void>;
  configure(site: Site, settings: SiteSettings): Promise<void>;
  /** Newest first. */
  readable(): Promise<ReadableSite[]>;
  /** The side panel may no longer read the pages of a site of `readable`. */
  revokeReading(origin: string): Promise<void>;
  /** Calls back after each change, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Where the browser keeps the icon of a site. */
  icon?(origin: string): string;
}

export interface ActivitySettings {
  on: boolean;
  /** What was asked and answered, too. */
  text: boolean;
}
export interface ActivityEntry {
  id: number;
  origin: string;
  top?: string;
  timeMs: number;
  method: 'generate' | 'prefill';
  tokens: number;
  durationMs: number;
  /** 'done', or the code of the error that ended it. */
  outcome: string;
  text?: { prompt: string; answer: string };
}
export interface ActivitySource {
  /** Latest first, what is older than the entry `before`; empty at the end. */
  list(before?: number): Promise<{ settings: ActivitySettings; entries: ActivityEntry[] }>;
  configure(settings: ActivitySettings): Promise<void>;
  clear(): Promise<void>;
  onChange(listener: () => void): () => void;
}
