/**
 * What the person decided, by site. 'always' and 'never' last; 'once' holds for one document of one tab.
 *
 * Only the background writes. What is read is checked: storage may hold what an older or a newer version wrote.
 *
 * @module
 */
import * as v from 'valibot';
import { storage } from 'wxt/utils/storage';
import type { Grant } from './messages.ts';

const LASTING = 'local:grants';
const ONCE = 'session:grants-once';
/** `lastUsedMs` is written at most this often per site. */
const TOUCH_MS = 60_000;

const time = v.pipe(v.number(), v.finite(), v.minValue(0));
const site = v.pipe(
  v.string(),
  v.check((text) => URL.canParse(text) && new URL(text).origin === text),
);
const LastingSchema = v.object({
  origin: site,
  decision: v.picklist(['always', 'never']),
  createdMs: time,
  lastUsedMs: v.exactOptional(time),
});
const OnceSchema = v.object({ origin: site, tabId: v.number(), documentId: v.string(), createdMs: time });
type Lasting = v.InferOutput<typeof LastingSchema>;
type Once = v.InferOutput<typeof OnceSchema>;

/** A document of a site, as the browser names it. */
export interface GrantKey {
  origin: string;
  tabId: number;
  documentId: string;
}

/** The store of grants; one instance, in the background. */
export class Grants {
  /** Reads and writes, one after another. */
  #queue: Promise<unknown> = Promise.resolve();

  async state({ origin, documentId }: GrantKey): Promise<PermissionState> {
    const lasting = (await readLasting()).find((grant) => grant.origin === origin);
    if (lasting) return lasting.decision === 'always' ? 'granted' : 'denied';
    const once = (await readOnce()).some((grant) => grant.origin === origin && grant.documentId === documentId);
    return once ? 'granted' : 'prompt';
  }

  async list(): Promise<Grant[]> {
    const once = (await readOnce()).map(({ origin, createdMs }) => ({ origin, decision: 'once' as const, createdMs }));
    return [...(await readLasting()), ...once].sort((a, b) => b.createdMs - a.createdMs);
  }

  decide(key: GrantKey, decision: 'once' | 'always' | 'never'): Promise<void> {
    return this.#exclusive(async () => {
      const createdMs = Date.now();
      const { origin } = key;
      if (decision === 'once') {
        const { tabId, documentId } = key;
        const others = (await readOnce()).filter((grant) => grant.documentId !== documentId);
        await storage.setItem<Once[]>(ONCE, [...others, { origin, tabId, documentId, createdMs }]);
      } else {
        const others = (await readLasting()).filter((grant) => grant.origin !== origin);
        await storage.setItem<Lasting[]>(LASTING, [...others, { origin, decision, createdMs }]);
      }
    });
  }

  revoke(origin: string): Promise<void> {
    return this.#exclusive(async () => {
      await keepLasting((grant) => grant.origin !== origin);
      await keepOnce((grant) => grant.origin !== origin);
    });
  }

  /** Notes that a site used its grant. */
  touch(origin: string): Promise<void> {
    return this.#exclusive(async () => {
      const grants = await readLasting();
      const grant = grants.find((known) => known.origin === origin);
      const now = Date.now();
      if (!grant || now - (grant.lastUsedMs ?? 0) < TOUCH_MS) return;
      grant.lastUsedMs = now;
      await storage.setItem<Lasting[]>(LASTING, grants);
    });
  }

  /** A tab was closed, or shows `documentId` now: what was granted once to its other documents is over. */
  leave(tabId: number, documentId?: string): Promise<void> {
    return this.#exclusive(() => keepOnce((grant) => grant.tabId !== tabId || grant.documentId === documentId));
  }

  /** One document is gone. */
  leaveDocument(documentId: string): Promise<void> {
    return this.#exclusive(() => keepOnce((grant) => grant.documentId !== documentId));
  }

  #exclusive(work: () => Promise<void>): Promise<void> {
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {}); // belongs to whoever asked for it
    return done;
  }
}

/** Calls after any change, from whichever page of ours; returns what stops it. */
export function watchGrants(listener: () => void): () => void {
  const stops = [storage.watch(LASTING, listener), storage.watch(ONCE, listener)];
  return () => stops.forEach((stop) => stop());
}

const readLasting = (): Promise<Lasting[]> => readValid(LASTING, LastingSchema);
const readOnce = (): Promise<Once[]> => readValid(ONCE, OnceSchema);

async function readValid<S extends v.GenericSchema>(key: typeof LASTING | typeof ONCE, schema: S) {
  const stored = await storage.getItem<unknown>(key);
  if (!Array.isArray(stored)) return [];
  const valid: v.InferOutput<S>[] = [];
  for (const item of stored) if (v.is(schema, item)) valid.push(item);
  return valid;
}

async function keepLasting(keep: (grant: Lasting) => boolean): Promise<void> {
  const grants = await readLasting();
  const kept = grants.filter(keep);
  if (kept.length < grants.length) await storage.setItem<Lasting[]>(LASTING, kept);
}

async function keepOnce(keep: (grant: Once) => boolean): Promise<void> {
  const grants = await readOnce();
  const kept = grants.filter(keep);
  if (kept.length < grants.length) await storage.setItem<Once[]>(ONCE, kept);
}
