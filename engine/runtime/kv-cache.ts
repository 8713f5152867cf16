/**
 * The paged KV cache: who holds which page, and what has to happen on the GPU when a page changes hands.
 *
 * @module
 */
import { PAGE } from '../../shaders/attention/kv-layout.ts';

export const pagesFor = (tokens: number): number => Math.ceil(tokens / PAGE);

/** The pages' and slots' memory. Work that was submitted earlier is done with it first. */
export interface CacheMemory {
  /** Zeroes them, in every layer. */
  clear(pages: readonly number[], slots: readonly number[]): void;
  copyPage(from: number, to: number): void;
}

/** Who of an engine's own tools runs sequences without a request. */
const NOBODY = '';

/**
 * Pages, each held by any number of sequences of one owner, and slots of recurrent state where the model has that. What another owner
 * held is cleared before it is handed out.
 */
export class CachePool {
  readonly total: number;
  /** 0: the model has no recurrent layers. */
  readonly slots: number;
  readonly #memory: CacheMemory;
  readonly #freePages: number[];
  readonly #freeSlots: number[];
  /** By page: how many sequences hold it. */
  readonly #holders: Uint32Array;
  /** By page and by slot: who wrote there last. */
  readonly #pageOwners: (string | undefined)[] = [];
  readonly #slotOwners: (string | undefined)[] = [];

  constructor(memory: CacheMemory, pages: number, slots = 0) {
    this.#memory = memory;
    this.total = pages;
    this.slots = slots;
    this.#freePages = Array.from({ length: pages }, (_, i) => pages - 1 - i);
    this.#freeSlots = Array.from({ length: slots }, (_, i) => slots - 1 - i);
    this.#holders = new Uint32Array(pages);
  }

  /** Pages that nobody holds. */
  get free(): number {
    return this.#freePages.length;
  }

  /** How many sequences hold a page. */
  holders(page: number): number {
    return this.#holders[page]!;
  }

  /** Whether the sequence now has room for `tokens` tokens; what it could get it keeps. */
  reserve(sequence: Sequence, tokens: number): boolean {
    const { owner, pages } = sequence;
    const [stalePages, staleSlots]: [number[], number[]] = [[], []];
    if (this.slots > 0 && sequence.slot === undefined) {
      const slot = this.#freeSlots.pop();
      if (slot === undefined) return false;
      sequence.slot = slot;
      if ((this.#slotOwners[slot] ?? owner) !== owner) staleSlots.push(slot);
      this.#slotOwners[slot] = owner;
    }
    while (pages.length < pagesFor(tokens)) {
      const page = this.#freePages.pop();
      if (page === undefined) break;
      pages.push(page);
      this.#holders[page] = 1;
      if ((this.#pageOwners[page] ?? owner) !== owner) stalePages.push(page);
      this.#pageOwners[page] = owner;
    }
    if (stalePages.length + staleSlots.length > 0) this.#memory.clear(stalePages, staleSlots);
    return pages.length >= pagesFor(tokens);
  }

  /**
   * Gives `to`, which holds nothing, the first `tokens` cached tokens of `from`: full pages are shared, the part of a page is copied, as
   * `to` writes there next. Where no page is left for the copy, `to` gets the full pages alone.
   */
  share(from: Sequence, to: Sequence, tokens: number): void {
    const full = Math.floor(tokens / PAGE);
    for (const page of from.pages.slice(0, full)) {
      this.#holders[page]!++;
      to.pages.push(page);
    }
    to.cached = full * PAGE;
    if (tokens === to.cached || !this.reserve(to, tokens)) return;
    this.#memory.copyPage(from.pages[full]!, to.pages[full]!);
    to.cached = tokens;
  }

  /** Takes back all pages from index `keep` on, and the slot where none are kept. */
  release(sequence: Sequence, keep = 0): void {
    for (const page of sequence.pages.splice(keep).reverse()) {
      if (--this.#holders[page]! === 0) this.#freePages.push(page);
    }
    if (keep > 0 || sequence.slot === undefined) return;
    this.#freeSlots.push(sequence.slot);
    sequence.slot = undefined;
  }
}

/**
 * Tokens with their pages. `cached` tokens have their keys and values in the cache; the rest are still to be computed.
 * Positions at or beyond `cached` are never read before they are written; they lie in pages that no other sequence holds.
 */
export class Sequence {
  readonly tokens: number[];
  /** Whose tokens they are: pages are shared within an owner only. */
  readonly owner: string;
  readonly pages: number[] = [];
  cached = 0;
  /** Where its recurrent state lies, which is that after `cached` tokens. */
  slot: number | undefined;

  constructor(tokens: readonly number[], owner = NOBODY) {
    this.tokens = [...tokens];
    this.owner = owner;
  }

  /** Where the keys and values of a position lie. */
  keySlot(position: number): number {
    return this.pages[Math.floor(position / PAGE)]! * PAGE + (position % PAGE);
  }

  /** Gives everything back; the tokens stay and can be computed again. */
  drop(pool: CachePool): void {
    pool.release(this);
    this.cached = 0;
  }

  /** Moves what is cached to `to`, which holds nothing; this sequence can be computed again. */
  handOver(to: Sequence): void {
    to.pages.push(...this.pages.splice(0));
    to.slot = this.slot;
    to.cached = this.cached;
    this.slot = undefined;
    this.cached = 0;
  }
}
