/**
 * Who computes next: owners share the GPU by tokens, weighted by how urgent their requests are.
 *
 * Every owner has a time of its own that goes on with each token computed for it, the slower the more urgent the request. An owner that is
 * too far ahead of the one furthest behind rests; so whoever asks for much slows only itself, and nobody waits forever.
 *
 * @module
 */

/** By priority: of the person's own requests, of those in sight, of the rest. */
const WEIGHTS = [8, 4, 1];
/** A prompt's token costs this much of a decoded one: many share one reading of the weights. */
const PROMPT_TOKEN = 1 / 16;
/** How far an owner may run ahead before it rests: 128 decoded tokens of the least urgent, or a prompt of 2048. */
const SLACK = 128;
/** How much of that it must have lost again before it goes on: some steps at a time are cheaper than single ones. */
const REST = 4;

/** What the scheduler's jobs are to the shares. */
export interface Claim {
  readonly owner: string;
  readonly priority: number;
}

interface Account {
  /** In decoded tokens of weight 1. */
  time: number;
  /** Requests that run or wait. */
  open: number;
  resting: boolean;
}

const weightOf = (priority: number): number => WEIGHTS[Math.min(priority, WEIGHTS.length - 1)]!;

export class Shares {
  /** Owners with open requests, and those that left ahead of others. */
  readonly #accounts = new Map<string, Account>();

  /** A request arrived. Whoever had none begins level with the owner furthest behind: time without requests earns nothing. */
  open({ owner }: Claim): void {
    const account = this.#accounts.get(owner) ?? { time: 0, open: 0, resting: false };
    if (account.open === 0)
      account.time = Math.max(account.time, this.#least([...this.#accounts.values()].filter(isOpen)));
    account.open++;
    this.#accounts.set(owner, account);
  }

  /** A request ended. */
  close({ owner }: Claim): void {
    this.#accounts.get(owner)!.open--;
    const active = [...this.#accounts.values()].filter(isOpen);
    const least = active.length > 0 ? this.#least(active) : Infinity;
    for (const [name, { open, time }] of this.#accounts) {
      if (open === 0 && time <= least) this.#accounts.delete(name);
    }
  }

  /** `count` tokens were computed for a request, the first of them at the price of a decoded one. */
  charge({ owner, priority }: Claim, count: number): void {
    this.#accounts.get(owner)!.time += (1 + (count - 1) * PROMPT_TOKEN) / weightOf(priority);
  }

  /** An owner that waited for room begins level with those that run: nobody has to stand still until it has caught up. */
  admit({ owner }: Claim, running: readonly Claim[]): void {
    if (running.length === 0) return;
    const account = this.#accounts.get(owner)!;
    account.time = Math.max(account.time, this.#leastOf(running));
  }

  /** Those of the running requests whose turn it is: never none of them. */
  turn<T extends Claim>(running: readonly T[]): T[] {
    const least = this.#leastOf(running);
    for (const { owner } of running) {
      const account = this.#accounts.get(owner)!;
      const lead = account.time - least;
      account.resting = lead > (account.resting ? SLACK - REST : SLACK);
    }
    return running.filter(({ owner }) => !this.#accounts.get(owner)!.resting);
  }

  /** The order in which prompts are computed of those whose turn it is: the most urgent, then the owner furthest behind. */
  compare(a: Claim, b: Claim): number {
    return a.priority - b.priority || this.#accounts.get(a.owner)!.time - this.#accounts.get(b.owner)!.time;
  }

  /** Whether a waiting request may take the place of a running one: it is more urgent and not ahead, or it is far behind. */
  mayReplace(waiting: Claim, running: Claim): boolean {
    if (waiting.owner === running.owner) return false;
    const lead = this.#accounts.get(running.owner)!.time - this.#accounts.get(waiting.owner)!.time;
    return waiting.priority < running.priority ? lead >= 0 : lead > SLACK;
  }

  /** The waiting request that begins next: of the owner that has the fewest running for its weight; then the most urgent, then the first. */
  next<T extends Claim>(waiting: readonly T[], running: readonly Claim[]): T | undefined {
    const load = ({ owner, priority }: Claim) =>
      running.filter((claim) => claim.owner === owner).length / weightOf(priority);
    const before = (a: T, b: T) => load(a) - load(b) || a.priority - b.priority;
    return waiting.reduce<T | undefined>((best, claim) => (best && before(best, claim) <= 0 ? best : claim), undefined);
  }

  #leastOf(claims: readonly Claim[]): number {
    return this.#least(claims.map(({ owner }) => this.#accounts.get(owner)!));
  }

  #least(accounts: readonly Account[]): number {
    return accounts.length === 0 ? 0 : Math.min(...accounts.map(({ time }) => time));
  }
}

const isOpen = ({ open }: Account): boolean => open > 0;
