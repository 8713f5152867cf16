/**
 * Keys and values of ended answers, kept for the next requests of the same owner, which usually begin with the same tokens.
 * Never shared between owners: the time to a first token would tell one page what another has asked.
 *
 * @module
 */
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import type { CachePool, Sequence } from './kv-cache.ts';

/** Sequences kept at once, of one owner and of all. */
const KEPT_OF_ONE = 16;
const KEPT = 64;

/** A sequence that begins as another does. */
export interface Match {
  from: Sequence;
  /** Tokens that both have and `from` has cached. */
  tokens: number;
}

export class PrefixCache {
  readonly #pool: CachePool;
  /** The longest unused first. */
  readonly #kept: Sequence[] = [];

  constructor(pool: CachePool) {
    this.#pool = pool;
  }

  /** Pages that {@link evict} could free, without those in `except`. */
  reclaimable(except: readonly number[] = []): number {
    const kept = new Map<number, number>();
    for (const { pages } of this.#kept) for (const page of pages) kept.set(page, (kept.get(page) ?? 0) + 1);
    for (const page of except) kept.delete(page);
    let count = 0;
    for (const [page, holders] of kept) if (this.#pool.holders(page) === holders) count++;
    return count;
  }

  /** Takes a sequence that nobody goes on with. */
  keep(sequence: Sequence): void {
    if (sequence.cached === 0) return sequence.drop(this.#pool);
    this.#pool.release(sequence, Math.ceil(sequence.cached / PAGE));
    if (this.#pool.slots === 0) {
      for (const kept of this.#of(sequence.owner)) if (covers(sequence, kept)) this.#drop(kept);
      const covering = this.#of(sequence.owner).find((kept) => covers(kept, sequence));
      if (covering) {
        this.#touch(covering);
        return sequence.drop(this.#pool);
      }
    }
    this.#kept.push(sequence);
    const [oldest, ...others] = this.#of(sequence.owner);
    if (others.length >= KEPT_OF_ONE) this.#drop(oldest!);
    if (this.#kept.length > KEPT) this.#drop(this.#next()!);
  }

  /**
   * The sequence of the same owner, kept or among `running`, that shares the longest beginning with this one. The last token is never
   * counted as shared: it has to be computed for its logits. A recurrent state cannot be taken back to fewer tokens, so there only a whole
   * kept sequence matches.
   */
  match(sequence: Sequence, running: readonly Sequence[]): Match | undefined {
    const recurrent = this.#pool.slots > 0;
    const candidates = this.#of(sequence.owner);
    if (!recurrent) candidates.push(...running.filter(({ owner }) => owner === sequence.owner));
    let best: Match | undefined;
    for (const from of candidates) {
      const tokens = commonTokens(from, sequence, Math.min(from.cached, sequence.tokens.length - 1));
      if (tokens > (best?.tokens ?? 0) && !(recurrent && tokens < from.cached)) best = { from, tokens };
    }
    return best;
  }

  /** Gives `to`, which holds nothing, what is cached of its beginning: its pages are shared, a recurrent state changes hands. */
  take({ from, tokens }: Match, to: Sequence): void {
    if (this.#pool.slots > 0) {
      this.#kept.splice(this.#kept.indexOf(from), 1);
      from.handOver(to);
    } else {
      if (this.#kept.includes(from)) this.#touch(from);
      this.#pool.share(from, to, tokens);
    }
  }

  /** Gives up the last page of a sequence, or all of one with a recurrent state; false when none is left. */
  evict(): boolean {
    const sequence = this.#next();
    if (!sequence) return false;
    const keep = this.#pool.slots > 0 ? 0 : sequence.pages.length - 1;
    if (keep === 0) this.#drop(sequence);
    else {
      this.#pool.release(sequence, keep);
      sequence.cached = keep * PAGE;
    }
    return true;
  }

  /** Gives up all. */
  clear(): void {
    for (const kept of this.#kept.splice(0)) kept.drop(this.#pool);
  }

  /** What goes next: the longest unused of the owner that keeps the most pages, so that nobody pushes out what others keep. */
  #next(): Sequence | undefined {
    const pages = new Map<string, number>();
    for (const { owner, pages: held } of this.#kept) pages.set(owner, (pages.get(owner) ?? 0) + held.length);
    const most = Math.max(...pages.values());
    return this.#kept.find(({ owner }) => pages.get(owner) === most);
  }

  /** It was of use just now. */
  #touch(kept: Sequence): void {
    this.#kept.splice(this.#kept.indexOf(kept), 1);
    this.#kept.push(kept);
  }

  #of(owner: string): Sequence[] {
    return this.#kept.filter((kept) => kept.owner === owner);
  }

  #drop(kept: Sequence): void {
    this.#kept.splice(this.#kept.indexOf(kept), 1);
    kept.drop(this.#pool);
  }
}

/** Whether `a` serves wherever `b` would. */
function covers(a: Sequence, b: Sequence): boolean {
  return a.cached >= b.cached && commonTokens(a, b, b.cached) === b.cached;
}

/** How many of the first `limit` tokens are the same. */
export function commonTokens(a: Sequence, b: Sequence, limit: number): number {
  const most = Math.min(limit, a.tokens.length, b.tokens.length);
  let common = 0;
  while (common < most && a.tokens[common] === b.tokens[common]) common++;
  return common;
}
