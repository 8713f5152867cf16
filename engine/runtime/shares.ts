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
/** How far an owner may run ahead before it rests: so many decoded tokens of the least urgent. */
const SLACK = 128;
/** How much of that it must have lost again before it goes on: some steps at a time are cheaper than single ones. */
const REST = 4;
/**
 * A newcomer begins so much less than the slack behind the foremost, who then need not rest at once. An owner between two requests is
 * remembered to so much more than the slack: asking one thing after another loses nothing.
 */
const MARGIN = 16;

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
  readonly #promptTokenCost: number;

  /** @param promptTokenCost of a decoded token's */
  constructor(promptTokenCost: number) {
    this.#promptTokenCost = promptTokenCost;
  }

  /** A request arrived. */
  open({ owner }: Claim): void {
    const known = this.#accounts.get(owner);
    const account = known ?? { time: -Infinity, open: 0, resting: false };
    const lag = known ? SLACK + MARGIN : SLACK - MARGIN;
    if (account.open === 0) catchUp(account, [...this.#accounts.values()].filter(isOpen), lag);
    account.open++;
    this.#accounts.set(owner, account);
  }

  /** A request ended. */
  close({ owner }: Claim): void {
    this.#accounts.get(owner)!.open--;
    const front = frontOf([...this.#accounts.values()].filter(isOpen));
    for (const [name, { open, time }] of this.#accounts) {
      if (open === 0 && (front === undefined || time <= front - SLACK - MARGIN)) this.#accounts.delete(name);
    }
  }

  /** `count` tokens were computed for a request, the first of them at the price of a decoded one. */
  charge({ owner, priority }: Claim, count: number): void {
    this.#accounts.get(owner)!.time += (1 + (count - 1) * this.#promptTokenCost) / weightOf(priority);
  }

  /** A request that waited begins. */
  admit({ owner }: Claim, running: readonly Claim[]): void {
    catchUp(this.#accounts.get(owner)!, this.#accountsOf(running), SLACK + MARGIN);
  }

  /** Those of the running requests whose turn it is: never none of them. */
  turn<T extends Claim>(running: readonly T[]): T[] {
    const least = Math.min(...this.#accountsOf(running).map(({ time }) => time));
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
    return waiting.priority < running.priority ? lead >= 0 : lead > 2 * SLACK;
  }

  /** The waiting request that begins next: of the owner that has the fewest running for its weight; then the most urgent, then the first. */
  next<T extends Claim>(waiting: readonly T[], running: readonly Claim[]): T | undefined {
    const load = ({ owner, priority }: Claim) =>
      running.filter((claim) => claim.owner === owner).length / weightOf(priority);
    const before = (a: T, b: T) => load(a) - load(b) || a.priority - b.priority;
    return waiting.reduce<T | undefined>((best, claim) => (best && before(best, claim) <= 0 ? best : claim), undefined);
  }

  #accountsOf(claims: readonly Claim[]): Account[] {
    return claims.map(({ owner }) => this.#accounts.get(owner)!);
  }
}

/** Time without work earns no more than `lag`: others need not stand still for long until a newcomer has caught up. */
function catchUp(account: Account, others: readonly Account[], lag: number): void {
  account.time = Math.max(account.time, (frontOf(others) ?? lag) - lag);
}

const isOpen = ({ open }: Account): boolean => open > 0;

function frontOf(accounts: readonly Account[]): number | undefined {
  return accounts.length === 0 ? undefined : Math.max(...accounts.map(({ time }) => time));
}
