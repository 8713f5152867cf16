/**
 * A hash table from pairs of symbols to merge ranks: a Map with 300 000 pair keys would cost tens of megabytes.
 *
 * @module
 */

const oddRandom = () => Math.floor(Math.random() * 2 ** 31) * 2 + 1;

export class PairTable {
  private readonly lefts: Int32Array;
  private readonly rights: Int32Array;
  private readonly ranks: Int32Array;
  private readonly mask: number;
  /** Random: a file cannot be made whose pairs collide. */
  private readonly leftFactor = oddRandom();
  private readonly rightFactor = oddRandom();

  /** Room for `capacity` pairs, at most half full. */
  constructor(capacity: number) {
    let slots = 16;
    while (slots < capacity * 2) slots *= 2;
    this.mask = slots - 1;
    this.lefts = new Int32Array(slots).fill(-1);
    this.rights = new Int32Array(slots);
    this.ranks = new Int32Array(slots);
  }

  /** Adds a pair; the first rank of a pair stays. */
  add(left: number, right: number, rank: number): void {
    const slot = this.find(left, right);
    if (this.lefts[slot] !== -1) return;
    this.lefts[slot] = left;
    this.rights[slot] = right;
    this.ranks[slot] = rank;
  }

  /** The pair's rank, -1 when it has none. */
  get(left: number, right: number): number {
    const slot = this.find(left, right);
    return this.lefts[slot] === -1 ? -1 : this.ranks[slot]!;
  }

  private find(left: number, right: number): number {
    let hash = Math.imul(left, this.leftFactor) ^ Math.imul(right, this.rightFactor);
    hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae3d);
    let slot = (hash ^ (hash >>> 13)) & this.mask;
    while (this.lefts[slot] !== -1 && (this.lefts[slot] !== left || this.rights[slot] !== right)) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }
}
