/**
 * Merges neighbouring symbols, best pair first: the loop that BPE and SPM share.
 *
 * @module
 */

/** What a vocabulary knows of the symbols of one word; `left` and `right` are indices of neighbours. */
export interface SymbolPairs {
  /** Lower merges first, below 2^21; -1 when the two do not merge. */
  rank(left: number, right: number): number;
  /** Makes `left` the two joined. */
  join(left: number, right: number): void;
}

const LEFT_RANGE = 2 ** 32;
/** Scratch memory beyond this many symbols is not kept. */
const KEPT_SYMBOLS = 1 << 16;

export class Merger {
  private previous = new Int32Array(64);
  private next = new Int32Array(64);
  /** A binary min-heap of rank × 2^32 + left: lowest rank first, then leftmost. */
  private heap = new Float64Array(256);
  private heapSize = 0;

  /**
   * Merges `count` symbols until no pair is left to merge and calls `emit` with each symbol that remains, in order.
   * O(n log n): a stale heap entry is known by its pair no longer having the entry's rank.
   */
  merge(count: number, pairs: SymbolPairs, emit: (symbol: number) => void): void {
    if (count === 0) return;
    if (this.next.length < count) {
      this.previous = new Int32Array(count);
      this.next = new Int32Array(count);
    }
    const { previous, next } = this;
    for (let i = 0; i < count; i++) {
      previous[i] = i - 1;
      next[i] = i + 1 < count ? i + 1 : -1;
    }
    this.heapSize = 0;
    for (let i = 0; i + 1 < count; i++) this.propose(pairs, i, i + 1);
    while (this.heapSize > 0) {
      const key = this.pop();
      const left = key % LEFT_RANGE;
      const right = next[left]!;
      // A symbol merged into its left neighbour has next = -1.
      if (right < 0 || pairs.rank(left, right) !== (key - left) / LEFT_RANGE) continue;
      pairs.join(left, right);
      const after = next[right]!;
      next[left] = after;
      next[right] = -1;
      if (after >= 0) {
        previous[after] = left;
        this.propose(pairs, left, after);
      }
      const before = previous[left]!;
      if (before >= 0) this.propose(pairs, before, left);
    }
    for (let i = 0; i >= 0; i = next[i]!) emit(i);
    if (count > KEPT_SYMBOLS) this.release();
  }

  private propose(pairs: SymbolPairs, left: number, right: number): void {
    const rank = pairs.rank(left, right);
    if (rank >= 0) this.push(rank * LEFT_RANGE + left);
  }

  private push(key: number): void {
    if (this.heapSize === this.heap.length) {
      const larger = new Float64Array(this.heap.length * 2);
      larger.set(this.heap);
      this.heap = larger;
    }
    const { heap } = this;
    let i = this.heapSize++;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (heap[parent]! <= key) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = key;
  }

  private pop(): number {
    const { heap } = this;
    const top = heap[0]!;
    const key = heap[--this.heapSize]!;
    const size = this.heapSize;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= key) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = key;
    return top;
  }

  private release(): void {
    this.previous = new Int32Array(64);
    this.next = new Int32Array(64);
    this.heap = new Float64Array(256);
  }
}
