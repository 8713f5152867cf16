/**
 * What each site has used. Counted in memory, written at most once a second; private windows' in memory alone.
 *
 * @module
 */
import * as v from 'valibot';
import { Records, watchStorage } from './records.ts';
import { siteEntries, siteKey } from './site.ts';
import type { Site } from './site.ts';

const USAGE = 'local:usage';
const PRIVATE = 'session:usage-private';
const WRITE_MS = 1_000;
const HOUR_MS = 3_600_000;
/** What nobody asked for in so long is forgotten. */
const KEPT_MS = 90 * 24 * HOUR_MS;

const amount = v.pipe(v.number(), v.finite(), v.minValue(0));
const UsageSchema = v.object({
  ...siteEntries,
  requests: amount,
  /** Read, where they were not cached, and written. */
  tokens: amount,
  /** With something asked and not answered yet. */
  busyMs: amount,
  lastUsedMs: amount,
  /** Since `startMs`, for at most an hour. */
  hour: v.object({ startMs: amount, tokens: amount, busyMs: amount }),
});
export type SiteUsage = v.InferOutput<typeof UsageSchema>;

interface Sites {
  lasting: Map<string, SiteUsage>;
  apart: Map<string, SiteUsage>;
}

export class Usage {
  readonly #lasting = new Records(USAGE, UsageSchema);
  readonly #private = new Records(PRIVATE, UsageSchema);
  #sites: Promise<Sites> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** The site's own record, for `note`. Its hour is the one of now. */
  async of(site: Site): Promise<SiteUsage> {
    const { lasting, apart } = await this.#load();
    const sites = site.private ? apart : lasting;
    const key = siteKey(site);
    const now = Date.now();
    let usage = sites.get(key);
    if (!usage) {
      const { origin, top } = site;
      const none = { requests: 0, tokens: 0, busyMs: 0, lastUsedMs: now };
      usage = { origin, ...(top !== undefined && { top }), ...none, hour: { startMs: now, tokens: 0, busyMs: 0 } };
      sites.set(key, usage);
    }
    startHour(usage, now);
    return usage;
  }

  /** Of every site that has used anything. */
  async list(): Promise<(SiteUsage & Site)[]> {
    const { lasting, apart } = await this.#load();
    const now = Date.now();
    const known = [
      ...lasting.values(),
      ...[...apart.values()].map((usage) => ({ ...usage, private: true as const })),
    ].filter(({ requests }) => requests > 0);
    return known.map((usage) => {
      const own = { ...usage, hour: { ...usage.hour } };
      startHour(own, now);
      return own;
    });
  }

  /** One more request of a site has ended. */
  note(usage: SiteUsage, tokens: number, busyMs: number): void {
    const now = Date.now();
    startHour(usage, now);
    usage.requests++;
    usage.tokens += tokens;
    usage.busyMs += busyMs;
    usage.lastUsedMs = now;
    usage.hour.tokens += tokens;
    usage.hour.busyMs += busyMs;
    this.#timer ??= setTimeout(() => void this.#write(), WRITE_MS);
  }

  async forget(site: Site): Promise<void> {
    const { lasting, apart } = await this.#load();
    (site.private ? apart : lasting).delete(siteKey(site));
    await this.#write();
  }

  async endPrivate(): Promise<void> {
    const { apart } = await this.#load();
    if (apart.size === 0) return;
    apart.clear();
    await this.#write();
  }

  async #write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { lasting, apart } = await this.#load();
    const oldest = Date.now() - KEPT_MS;
    await this.#lasting.update(() => [...lasting.values()].filter(({ lastUsedMs }) => lastUsedMs > oldest));
    await this.#private.update((written) => (apart.size + written.length > 0 ? [...apart.values()] : undefined));
  }

  #load(): Promise<Sites> {
    const byKey = (records: SiteUsage[]) => new Map(records.map((usage) => [siteKey(usage), usage]));
    return (this.#sites ??= Promise.all([this.#lasting.read(), this.#private.read()]).then(([lasting, apart]) => ({
      lasting: byKey(lasting),
      apart: byKey(apart),
    })));
  }
}

/** When the site's hour is over, milliseconds since 1970. */
export function hourEndsMs({ hour }: Pick<SiteUsage, 'hour'>): number {
  return hour.startMs + HOUR_MS;
}

/** Returns what stops it. */
export function watchUsage(listener: () => void): () => void {
  return watchStorage([USAGE, PRIVATE], listener);
}

function startHour(usage: SiteUsage, now: number): void {
  // A clock that was set back starts anew too.
  const { startMs } = usage.hour;
  if (now < startMs || now >= startMs + HOUR_MS) usage.hour = { startMs: now, tokens: 0, busyMs: 0 };
}
