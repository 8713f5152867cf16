/**
 * Keys and values of ended answers, kept for the next request of the same owner, which usually begins with the same tokens.
 * Never shared between owners: the time to a first token would tell one page what another has asked.
 *
 * @module
 */
import type { CachePool, Sequence } from './kv-cache.ts';

/** Sequences kept at once, over all owners. */
const KEPT = 8;

export class PrefixCache {
  readonly #pool: CachePool;
  /** The longest unused first. */
  readonly #kept: { owner: string; sequence: Sequence }[] = [];

  constructor(pool: CachePool) {
    this.#pool = pool;
  }

  /** Pages that {@link evict} could free. */
  get pages(): number {
    return this.#kept.reduce((sum, { sequence }) => sum + sequence.pages.length, 0);
  }

  keep(owner: string, sequence: Sequence): void {
    if (sequence.cached === 0) return sequence.drop(this.#pool);
    sequence.truncateCache(sequence.cached, this.#pool);
    this.#kept.push({ owner, sequence });
    if (this.#kept.length > KEPT) this.evict();
  }

  /**
   * `tokens` in the kept sequence of that owner which shares the longest beginning with them, now the caller's.
   * The last token is never counted as shared: it has to be computed for its logits.
   */
  take(owner: string, tokens: readonly number[]): Sequence | undefined {
    let best: { index: number; shared: number } | undefined;
    this.#kept.forEach((entry, index) => {
      if (entry.owner !== owner) return;
      const limit = Math.min(entry.sequence.cached, tokens.length - 1);
      let shared = 0;
      while (shared < limit && entry.sequence.tokens[shared] === tokens[shared]) shared++;
      const reusable = entry.sequence.reusable(shared);
      if (reusable > (best?.shared ?? 0)) best = { index, shared: reusable };
    });
    if (!best) return undefined;
    const [entry] = this.#kept.splice(best.index, 1);
    const { sequence } = entry!;
    sequence.truncateCache(best.shared, this.#pool);
    sequence.tokens = [...tokens];
    return sequence;
  }

  /** Frees the pages of the longest unused; false when there is none. */
  evict(): boolean {
    const oldest = this.#kept.shift();
    oldest?.sequence.drop(this.#pool);
    return oldest !== undefined;
  }
}
