/**
 * A hash table from pairs of symbols to merge ranks: a Map with 300 000 pair keys would cost tens of megabytes.
 *
 * @module
 */

const NONE = -1;
/** Of a slot: three, and one so that none lies in two lines of the cache. */
const WORDS = 4;

const oddRandom = () => Math.floor(Math.random() * 2 ** 31) * 2 + 1;

export class PairTable {
  /** Left, right and rank of each slot, beside each other for the processor's cache; left is {@link NONE} in a third of them or more. */
  private readonly slots: Int32Array;
  private readonly mask: number;
  /** Random: a file cannot be made whose pairs collide. */
  private readonly leftFactor = oddRandom();
  private readonly rightFactor = oddRandom();

  /** Room for `capacity` pairs, at most two thirds full. */
  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * 1.5) slots *= 2;
    this.mask = slots - 1;
    this.slots = new Int32Array(slots * WORDS).fill(NONE);
  }

  /** Adds a pair; the first rank of a pair stays. */
  add(left: number, right: number, rank: number): void {
    const slot = this.find(left, right);
    if (this.slots[slot] !== NONE) return;
    this.slots[slot] = left;
    this.slots[slot + 1] = right;
    this.slots[slot + 2] = rank;
  }

  /** The pair's rank, -1 when it has none. */
  get(left: number, right: number): number {
    const slot = this.find(left, right);
    return this.slots[slot] === NONE ? NONE : this.slots[slot + 2]!;
  }

  private find(left: number, right: number): number {
    let hash = Math.imul(left, this.leftFactor) ^ Math.imul(right, this.rightFactor);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d);
    const { slots, mask } = this;
    for (let index = (hash ^ (hash >>> 13)) & mask; ; index = (index + 1) & mask) {
      const slot = index * WORDS;
      const found = slots[slot];
      if (found === NONE || (found === left && slots[slot + 1] === right)) return slot;
    }
  }
}
