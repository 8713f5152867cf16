/**
 * Which requests run and which wait: room for a newcomer comes from kept prefixes first, then from whoever has had more than its share.
 *
 * @module
 */
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import type { BatchLimits } from './batch.ts';
import type { Job } from './job.ts';
import { type CachePool, pagesFor, Sequence } from './kv-cache.ts';
import { commonTokens, PrefixCache } from './prefix-cache.ts';
import type { Shares } from './shares.ts';

export class Roster {
  /** In order of arrival; they hold no pages. */
  readonly waiting: Job[] = [];
  readonly running: Job[] = [];
  readonly shares: Shares;
  readonly #pool: CachePool;
  readonly #limits: BatchLimits;
  readonly #prefixes: PrefixCache;

  constructor(pool: CachePool, limits: BatchLimits, shares: Shares) {
    this.#pool = pool;
    this.#limits = limits;
    this.shares = shares;
    this.#prefixes = new PrefixCache(pool);
  }

  add(job: Job): void {
    this.shares.open(job);
    this.waiting.push(job);
  }

  /** Takes out an ended job; its keys and values are left to the owner's next request. */
  end(job: Job): void {
    for (const list of [this.waiting, this.running]) if (list.includes(job)) list.splice(list.indexOf(job), 1);
    this.shares.close(job);
    this.#prefixes.keep(job.sequence);
  }

  /** Takes out all of them and leaves everything as it is: nothing is computed any more. */
  dissolve(): Job[] {
    return [...this.running.splice(0), ...this.waiting.splice(0)];
  }

  /** All that run wait again, before all others, to be computed anew from their tokens; nobody's keys and values are kept. */
  restart(): void {
    for (const { sequence } of this.running) sequence.drop(this.#pool);
    this.waiting.unshift(...this.running.splice(0));
    this.#prefixes.clear();
  }

  /** Starts waiting jobs while there is room for their prompts. */
  admit(): void {
    for (;;) {
      const job = this.#next();
      const replaced = job && this.#replacedBy(job);
      if (!replaced) return;
      for (const victim of replaced) this.#putBack(victim);
      this.waiting.splice(this.waiting.indexOf(job), 1);
      const match = this.#match(job);
      if (match) this.#prefixes.take(match, job.sequence);
      this.shares.admit(job, this.running);
      if (!job.started) job.start();
      this.running.push(job);
    }
  }

  /** Whether {@link admit} would start a waiting job now. */
  couldAdmit(): boolean {
    const job = this.#next();
    return job !== undefined && this.#replacedBy(job) !== undefined;
  }

  /** Room for `tokens` tokens of a running job, taken from kept prefixes and then from the least urgent job. False: that was the job itself. */
  reserve(job: Job, tokens: number): boolean {
    while (!this.#pool.reserve(job.sequence, tokens)) {
      if (this.#prefixes.evict()) continue;
      const victim = this.#leastUrgentFirst()[0]!;
      this.#putBack(victim);
      if (victim === job) return false;
    }
    return true;
  }

  #next(): Job | undefined {
    const ready = this.waiting.filter((job) => !this.#begunByAnother(job));
    return this.shares.next(ready, this.running);
  }

  /** Whether more of the job's prompt is just being computed for another request of its owner: it waits to share that. */
  #begunByAnother({ owner, sequence }: Job): boolean {
    if (this.#pool.slots > 0) return false;
    return this.running.some(
      (other) =>
        other.owner === owner &&
        other.pending > 1 &&
        commonTokens(other.sequence, sequence, sequence.tokens.length - 1) > other.sequence.cached,
    );
  }

  #match({ sequence }: Job) {
    return this.#prefixes.match(
      sequence,
      this.running.map((job) => job.sequence),
    );
  }

  /** The running jobs that a waiting one takes the places of, often none; undefined where there would be too little room even so. */
  #replacedBy(job: Job): Job[] | undefined {
    const match = this.#match(job);
    const shared = match ? match.from.pages.slice(0, Math.floor(match.tokens / PAGE)) : [];
    const needed = pagesFor(job.sequence.tokens.length + 1) - shared.length;
    let places = this.#limits.sequences - this.running.length;
    let pages = this.#pool.free - this.running.reduce((sum, { sequence }) => sum + missingPages(sequence), 0);
    if (pages < needed) pages += this.#prefixes.reclaimable(shared);
    const replaced: Job[] = [];
    for (const victim of this.#leastUrgentFirst()) {
      if (places > 0 && pages >= needed) break;
      if (!this.shares.mayReplace(job, victim)) continue;
      replaced.push(victim);
      places++;
      const own = victim.sequence.pages.filter((page) => this.#pool.holders(page) === 1);
      pages += own.length + missingPages(victim.sequence);
    }
    return places > 0 && pages >= needed ? replaced : undefined;
  }

  /** At the same priority the owner's that holds the most pages, then the latest. */
  #leastUrgentFirst(): Job[] {
    const pages = new Map<string, number>();
    for (const { owner, sequence } of this.running) pages.set(owner, (pages.get(owner) ?? 0) + sequence.pages.length);
    return this.running
      .toReversed()
      .sort((a, b) => b.priority - a.priority || pages.get(b.owner)! - pages.get(a.owner)!);
  }

  /** It waits again, before all others; what it has computed stays until others need the room. */
  #putBack(job: Job): void {
    this.running.splice(this.running.indexOf(job), 1);
    const kept = new Sequence(job.sequence.tokens, job.owner);
    job.sequence.handOver(kept);
    this.#prefixes.keep(kept);
    this.waiting.unshift(job);
  }
}

/** What a sequence still needs for the tokens that it has and the next. */
function missingPages({ tokens, pages }: Sequence): number {
  return Math.max(0, pagesFor(tokens.length + 1) - pages.length);
}
