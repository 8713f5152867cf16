/**
 * A hash table from texts to their numbers, over the texts' bytes: a Map would need a string of each.
 *
 * @module
 */
import type { TextList } from './metadata.ts';

const NONE = -1;
const random = () => Math.floor(Math.random() * 2 ** 32) | 0;

export class TextTable {
  readonly #texts: TextList;
  /** Two words a slot, beside each other for the processor's cache: the number of a text, or {@link NONE} in half of them or more, and its hash. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Random: a file cannot be made whose texts collide. */
  readonly #seed = random();
  readonly #factor = random() | 1;

  /** @param onTwice told of two that are the same; the later one is found */
  constructor(texts: TextList, onTwice: (earlier: number, later: number) => void) {
    const { bytes, ends } = texts;
    let slots = 16;
    while (slots < ends.length * 2) slots *= 2;
    this.#texts = texts;
    this.#mask = slots - 1;
    this.#slots = new Int32Array(slots * 2).fill(NONE);
    for (let id = 0, start = 0; id < ends.length; start = ends[id++]!) {
      const end = ends[id]!;
      const hash = this.#hash(bytes, start, end);
      const slot = this.#slotOf(hash, bytes, start, end);
      const earlier = this.#slots[slot]!;
      if (earlier !== NONE) onTwice(earlier, id);
      this.#slots[slot] = id;
      this.#slots[slot + 1] = hash;
    }
  }

  /** The number of the text that these bytes are. */
  find(bytes: Uint8Array, start: number, end: number): number | undefined {
    const id = this.#slots[this.#slotOf(this.#hash(bytes, start, end), bytes, start, end)]!;
    return id === NONE ? undefined : id;
  }

  /** Where it is, or would be. */
  #slotOf(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const slots = this.#slots;
    for (let index = hash & this.#mask; ; index = (index + 1) & this.#mask) {
      const slot = index * 2;
      const id = slots[slot]!;
      if (id === NONE || (slots[slot + 1] === hash && this.#equals(id, bytes, start, end))) return slot;
    }
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const { bytes: own, ends } = this.#texts;
    const from = id === 0 ? 0 : ends[id - 1]!;
    const length = end - start;
    if (ends[id]! - from !== length) return false;
    for (let i = 0; i < length; i++) if (own[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #hash(bytes: Uint8Array, start: number, end: number): number {
    let hash = this.#seed;
    for (let i = start; i < end; i++) {
      hash = Math.imul(hash ^ bytes[i]!, this.#factor);
      hash ^= hash >>> 15;
    }
    return hash;
  }
}
