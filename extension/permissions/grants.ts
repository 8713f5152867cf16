/**
 * What the person decided, by site. 'always' and 'never' last; 'once' holds for one document of one tab; what was decided in a
 * private window is kept apart, in memory.
 *
 * Only the background writes.
 *
 * @module
 */
import * as v from 'valibot';
import { Records, watchStorage } from './records.ts';
import { isSameSite, siteEntries, siteOf } from './site.ts';
import type { Site } from './site.ts';

const LASTING = 'local:grants';
const ONCE = 'session:grants-once';
const PRIVATE = 'session:grants-private';
/** `lastUsedMs` is written at most this often per site. */
const TOUCH_MS = 60_000;

const time = v.pipe(v.number(), v.finite(), v.minValue(0));
const LastingSchema = v.object({
  ...siteEntries,
  decision: v.picklist(['always', 'never']),
  createdMs: time,
  lastUsedMs: v.exactOptional(time),
});
const OnceSchema = v.object({
  ...siteEntries,
  private: v.exactOptional(v.literal(true)),
  tabId: v.number(),
  documentId: v.string(),
  topDocumentId: v.exactOptional(v.string()),
  createdMs: time,
});
export type OnceGrant = v.InferOutput<typeof OnceSchema>;

/** A document of a site, as the browser names it. */
export interface GrantKey extends Site {
  tabId: number;
  documentId: string;
  /** Of a frame: the document that shows it. */
  topDocumentId?: string;
}
export interface Grant extends Site {
  decision: 'once' | 'always' | 'never';
  createdMs: number;
  lastUsedMs?: number;
}

/** The store of grants; one instance, in the background. */
export class Grants {
  readonly #lasting = new Records(LASTING, LastingSchema);
  readonly #private = new Records(PRIVATE, LastingSchema);
  readonly #once = new Records(ONCE, OnceSchema);

  async state(key: GrantKey): Promise<PermissionState> {
    const lasting = (await this.#of(key).read()).find((grant) => isSite(key, grant));
    if (lasting) return lasting.decision === 'always' ? 'granted' : 'denied';
    const once = await this.#once.read();
    return once.some((grant) => grant.documentId === key.documentId && isSameSite(grant, key)) ? 'granted' : 'prompt';
  }

  /** Newest first. */
  async list(): Promise<Grant[]> {
    const once = (await this.#once.read()).map((grant) => ({
      ...siteOf(grant),
      decision: 'once' as const,
      createdMs: grant.createdMs,
    }));
    const apart = (await this.#private.read()).map((grant) => ({ ...grant, private: true as const }));
    return [...(await this.#lasting.read()), ...apart, ...once].sort((a, b) => b.createdMs - a.createdMs);
  }

  decide(key: GrantKey, decision: 'once' | 'always' | 'never'): Promise<void> {
    if (decision !== 'once') return this.#last(key, decision);
    const createdMs = Date.now();
    const { tabId, documentId, topDocumentId } = key;
    const place = { tabId, documentId, ...(topDocumentId !== undefined && { topDocumentId }) };
    return this.#once.update((grants) => [
      ...grants.filter((grant) => grant.documentId !== documentId),
      { ...siteOf(key), ...place, createdMs },
    ]);
  }

  /** Without a question: the person said so in the settings. */
  allow(site: Site): Promise<void> {
    return this.#last(site, 'always');
  }

  async revoke(site: Site): Promise<void> {
    await this.#of(site).keep((grant) => !isSite(site, grant));
    await this.#once.keep((grant) => !isSameSite(site, grant));
  }

  /** Notes that a site used its grant. */
  touch(site: Site): Promise<void> {
    return this.#of(site).update((grants) => {
      const grant = grants.find((known) => isSite(site, known));
      const now = Date.now();
      if (!grant || now - (grant.lastUsedMs ?? 0) < TOUCH_MS) return undefined;
      grant.lastUsedMs = now;
      return grants;
    });
  }

  /** A tab was closed, or shows the document `topDocumentId` now: what was granted once in its other documents is over. */
  leave(tabId: number, topDocumentId?: string): Promise<void> {
    return this.#once.keep(
      (grant) => grant.tabId !== tabId || (grant.topDocumentId ?? grant.documentId) === topDocumentId,
    );
  }

  /** One document is gone. */
  leaveDocument(documentId: string): Promise<void> {
    return this.#once.keep((grant) => grant.documentId !== documentId);
  }

  /** Forgets what was granted once to documents that went away while nobody watched. */
  async sweep(isThere: (grant: OnceGrant) => Promise<boolean>): Promise<void> {
    for (const grant of await this.#once.read()) {
      if (!(await isThere(grant))) await this.leaveDocument(grant.documentId);
    }
  }

  /** The last private window was closed. */
  async endPrivate(): Promise<void> {
    await this.#private.keep(() => false);
    await this.#once.keep((grant) => !grant.private);
  }

  #last(site: Site, decision: 'always' | 'never'): Promise<void> {
    const { private: _, ...named } = siteOf(site);
    const grant = { ...named, decision, createdMs: Date.now() };
    return this.#of(site).update((grants) => [...grants.filter((known) => !isSite(site, known)), grant]);
  }

  #of(site: Site): Records<typeof LastingSchema> {
    return site.private ? this.#private : this.#lasting;
  }
}

/** Calls after any change, from whichever page of ours; returns what stops it. */
export function watchGrants(listener: () => void): () => void {
  return watchStorage([LASTING, ONCE, PRIVATE], listener);
}

/** Among grants that are all private, or all not. */
function isSite(site: Site, { origin, top }: Pick<Site, 'origin' | 'top'>): boolean {
  return site.origin === origin && site.top === top;
}
