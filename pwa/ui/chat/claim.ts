/**
 * One window per conversation: two would write over each other.
 *
 * @module
 */

/** Claims a conversation for this window; undefined where another window has it open. */
export type Claim = (conversationId: string) => Promise<(() => void) | undefined>;

const LOCK = 'localllm-chat:';

/** The conversations that windows of this app have open, this one's among them. */
export async function claimedConversations(): Promise<ReadonlySet<string>> {
  if (!('locks' in navigator)) return new Set();
  const { held = [] } = await navigator.locks.query();
  const names = held.map(({ name = '' }) => name).filter((name) => name.startsWith(LOCK));
  return new Set(names.map((name) => name.slice(LOCK.length)));
}

/** A Web Lock for as long as the window lives. A window that was closed a moment ago may still hold it. */
export async function claimByLock(conversationId: string): Promise<(() => void) | undefined> {
  if (!('locks' in navigator)) return () => {};
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const { promise: claimed, resolve: settle } = Promise.withResolvers<boolean>();
  navigator.locks
    .request(`${LOCK}${conversationId}`, { signal: AbortSignal.timeout(600) }, async () => {
      settle(true);
      await released;
    })
    .catch(() => settle(false));
  return (await claimed) ? release : undefined;
}
