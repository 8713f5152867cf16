/**
 * One window per conversation: two would write over each other.
 *
 * @module
 */

/** Claims a conversation for this window; undefined where another window has it open. */
export type Claim = (conversationId: string) => Promise<(() => void) | undefined>;

const LOCK = 'localllm-chat:';

/** Locks of this window: a released one is told as held for a moment more. */
const own = new Set<string>();

/** The conversations that other windows of this app have open. */
export async function claimedElsewhere(): Promise<ReadonlySet<string>> {
  if (!('locks' in navigator)) return new Set();
  const before = new Set(own);
  const { held = [] } = await navigator.locks.query();
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(LOCK));
  return new Set(names.filter((name) => !before.has(name) && !own.has(name)).map((name) => name.slice(LOCK.length)));
}

/** A Web Lock for as long as the window lives. A window that was closed a moment ago may still hold it. */
export async function claimByLock(conversationId: string): Promise<(() => void) | undefined> {
  if (!('locks' in navigator)) return () => {};
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: claimed, resolve: settle } = Promise.withResolvers<boolean>();
  const name = `${LOCK}${conversationId}`;
  navigator.locks
    .request(name, { signal: AbortSignal.timeout(600) }, async () => {
      own.add(name);
      settle(true);
      await released;
    })
    .then(
      () => own.delete(name),
      () => settle(false),
    );
  return (await claimed) ? release : undefined;
}
