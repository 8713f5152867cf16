/**
 * Sites whose pages the side panel may read because the person allowed it there: what the panel noted, as far as the browser still
 * grants it. A site stands here without its port, and once, as it was allowed last: the browser's leave is for all of a host.
 *
 * Only the background writes.
 *
 * @module
 */
import * as v from 'valibot';
import { browser } from 'wxt/browser';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { hostPermission, sharePermission } from './host-permission.ts';
import { Records, watchStorage } from './records.ts';
import { siteEntries } from './site.ts';

const READING = 'local:reading';

const ReadingSchema = v.object({
  origin: siteEntries.origin,
  allowedMs: v.pipe(v.number(), v.finite(), v.minValue(0)),
});
export type ReadingGrant = v.InferOutput<typeof ReadingSchema>;

export class ReadingGrants {
  readonly #records = new Records(READING, ReadingSchema);

  /** Newest first. What the browser grants no more is forgotten. */
  async list(): Promise<ReadingGrant[]> {
    const all = await this.#records.read();
    const granted = await Promise.all(all.map(({ origin }) => isGranted(origin)));
    const gone = all.filter((_, at) => !granted[at]);
    // By its time, too: what was allowed anew meanwhile stays.
    const isGone = ({ origin, allowedMs }: ReadingGrant): boolean =>
      gone.some((other) => other.origin === origin && other.allowedMs === allowedMs);
    if (gone.length > 0) await this.#records.keep((grant) => !isGone(grant));
    return all.filter((_, at) => granted[at]).sort((a, b) => b.allowedMs - a.allowedMs);
  }

  /**
   * Notes what the person said to the browser.
   *
   * @throws LocalLLMError not-allowed, where the browser knows nothing of it
   */
  async allow(origin: string): Promise<void> {
    const { protocol, hostname } = new URL(origin);
    const grant = { origin: `${protocol}//${hostname}`, allowedMs: Date.now() };
    if (!(await isGranted(origin))) {
      throw new LocalLLMError(
        'not-allowed',
        `The browser does not let localLLM read pages of ${grant.origin}. Ask it first.`,
      );
    }
    await this.#records.update((all) => [...all.filter((known) => !sharePermission(known.origin, origin)), grant]);
  }

  /** Forgets at once what is taken back in the browser's own settings: given again for something else, it is not the panel's. */
  follow(): void {
    browser.permissions.onRemoved.addListener(() => void this.list());
    void this.list();
  }

  /** The note alone; the browser's leave stays. */
  forget(origin: string): Promise<void> {
    return this.#records.keep((known) => !sharePermission(known.origin, origin));
  }
}

/** Calls after any change; returns what stops it. */
export function watchReading(listener: () => void): () => void {
  return watchStorage([READING], listener);
}

function isGranted(origin: string): Promise<boolean> {
  return browser.permissions.contains(hostPermission(origin));
}
