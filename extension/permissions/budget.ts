/**
 * What a site may take of this device, as the person set it or as it is by default.
 *
 * @module
 */
import * as v from 'valibot';
import { Records, watchStorage } from './records.ts';
import { isSameSite, siteEntries } from './site.ts';
import type { Site } from './site.ts';

const SETTINGS = 'local:site-settings';

const limit = (high: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(high));
const settingEntries = {
  /** Tokens read (that were not cached) and written within an hour; null: as many as it likes. */
  tokensPerHour: v.exactOptional(v.nullable(limit(1e9))),
  /** Seconds with something asked and not answered yet, within an hour; null: as many as it likes. */
  secondsPerHour: v.exactOptional(v.nullable(limit(3600))),
  /** Answers at once, over all its tabs. */
  maxOpen: v.exactOptional(limit(64)),
  paused: v.exactOptional(v.boolean()),
  /** Whether the site finds `LanguageModel`, where the browser has none. */
  languageModel: v.exactOptional(v.boolean()),
};
export const SiteSettingsSchema = v.strictObject(settingEntries);
export type SiteSettings = v.InferOutput<typeof SiteSettingsSchema>;
const StoredSchema = v.object({ ...siteEntries, ...settingEntries });

export interface Budget {
  tokensPerHour: number | null;
  secondsPerHour: number | null;
  maxOpen: number;
}
/** Hours of a conversation; a page that runs away is stopped within some minutes. */
export const DEFAULT_BUDGET: Budget = { tokensPerHour: 200_000, secondsPerHour: null, maxOpen: 16 };

export function budgetOf({ tokensPerHour, secondsPerHour, maxOpen }: SiteSettings): Budget {
  return {
    tokensPerHour: tokensPerHour === undefined ? DEFAULT_BUDGET.tokensPerHour : tokensPerHour,
    secondsPerHour: secondsPerHour === undefined ? DEFAULT_BUDGET.secondsPerHour : secondsPerHour,
    maxOpen: maxOpen ?? DEFAULT_BUDGET.maxOpen,
  };
}

/** Settings by site; what is private has none of its own. */
export class SettingsOfSites {
  readonly #records = new Records(SETTINGS, StoredSchema);

  list(): Promise<(Pick<Site, 'origin' | 'top'> & SiteSettings)[]> {
    return this.#records.read();
  }

  async get(site: Site): Promise<SiteSettings> {
    return (await this.list()).find((known) => isSameSite(known, site)) ?? {};
  }

  async set({ origin, top, ...site }: Site, settings: SiteSettings): Promise<void> {
    if (site.private) return;
    const named = { origin, ...(top !== undefined && { top }) };
    const own = Object.keys(settings).length > 0 ? [{ ...named, ...settings }] : [];
    await this.#records.update((all) => [...all.filter((known) => !isSameSite(known, named)), ...own]);
  }
}

/** Returns what stops it. */
export function watchSettings(listener: () => void): () => void {
  return watchStorage([SETTINGS], listener);
}
