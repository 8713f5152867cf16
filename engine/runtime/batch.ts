/**
 * The ragged batch of one forward, in the layout of `shaders/lib/batch.wgsl`.
 *
 * @module
 */
import type { Dims } from '../gpu/dispatch.ts';
import type { Sequence } from './kv-cache.ts';

const HEADER_WORDS = 10;
const TOKEN_WORDS = 3;
const TILE_WORDS = 4;
const PART_WORDS = 4;
/** Words of the header (`shaders/lib/batch.wgsl`). */
const PAGES_PER_SEQUENCE = 3;
const PAGES_AT = 7;

export interface BatchLimits {
  /** Tokens in one forward. */
  tokens: number;
  /** Rows whose logits one forward gives. */
  outputs: number;
  sequences: number;
  pagesPerSequence: number;
}

/** Consecutive tokens of one sequence that a forward computes. */
export interface BatchPart {
  sequence: Sequence;
  /** First position, equal to `sequence.cached`. */
  first: number;
  count: number;
  /** How many of the last rows want logits: 1 when the part ends what is known of the sequence. */
  outputs: number;
}

export class Batch {
  readonly limits: BatchLimits;
  readonly words: Uint32Array<ArrayBuffer>;
  usedWords = 0;
  readonly dims: Dims = { tokens: 0, outputs: 0, tiles: 0, parts: 0, pages: 0 };
  readonly #tokensPerTile: number;

  constructor(limits: BatchLimits, tokensPerTile: number) {
    this.limits = limits;
    this.#tokensPerTile = tokensPerTile;
    this.words = new Uint32Array(Batch.words(limits));
  }

  static words({ tokens, outputs, sequences, pagesPerSequence }: BatchLimits): number {
    return HEADER_WORDS + tokens * (TOKEN_WORDS + TILE_WORDS) + outputs + sequences * (pagesPerSequence + PART_WORDS);
  }

  /**
   * Writes header and sections; every sequence must hold the pages for its part.
   * @param sparePages room in the page table for pages that sequences may get later ({@link addPages})
   */
  set(parts: readonly BatchPart[], sparePages = 0): void {
    const { words, dims } = this;
    const tokens = parts.reduce((sum, p) => sum + p.count, 0);
    const tiles = parts.reduce((sum, p) => sum + Math.ceil(p.count / this.#tokensPerTile), 0);
    const outputs = parts.reduce((sum, p) => sum + p.outputs, 0);
    const held = Math.max(...parts.map((p) => p.sequence.pages.length));
    const pages = Math.min(held + sparePages, Math.max(held, this.limits.pagesPerSequence));
    const tokensAt = HEADER_WORDS;
    const tilesAt = tokensAt + tokens * TOKEN_WORDS;
    const outputsAt = tilesAt + tiles * TILE_WORDS;
    const pagesAt = outputsAt + outputs;
    const partsAt = pagesAt + parts.length * pages;
    words.set([tokens, outputs, tiles, pages, tokensAt, tilesAt, outputsAt, pagesAt, parts.length, partsAt]);
    let row = 0;
    let tile = tilesAt;
    let output = outputsAt;
    parts.forEach(({ sequence, first, count, outputs: wanted }, index) => {
      for (let i = 0; i < count; i++) {
        const position = first + i;
        words[tokensAt + (row + i) * TOKEN_WORDS] = sequence.tokens[position]!;
        words[tokensAt + (row + i) * TOKEN_WORDS + 1] = position;
        words[tokensAt + (row + i) * TOKEN_WORDS + 2] = sequence.keySlot(position);
      }
      for (let i = 0; i < count; i += this.#tokensPerTile) {
        words[tile++] = row + i;
        words[tile++] = Math.min(this.#tokensPerTile, count - i);
        words[tile++] = index;
        words[tile++] = 0;
      }
      for (let i = count - wanted; i < count; i++) words[output++] = row + i;
      words.set(sequence.pages, pagesAt + index * pages);
      words.set([row, count, sequence.slot ?? 0, first === 0 ? 1 : 0], partsAt + index * PART_WORDS);
      row += count;
    });
    this.usedWords = partsAt + parts.length * PART_WORDS;
    dims.tokens = tokens;
    dims.outputs = outputs;
    dims.tiles = tiles;
    dims.parts = parts.length;
    dims.pages = pages;
  }

  /**
   * Enters pages that the sequence of part `index` has got since {@link set}. Returns which words changed, undefined where the table has no
   * room for them.
   */
  addPages(index: number, { pages }: Sequence): number[] | undefined {
    const { words } = this;
    const [stride, pagesAt] = [words[PAGES_PER_SEQUENCE]!, words[PAGES_AT]!];
    if (pages.length > stride) return undefined;
    const changed: number[] = [];
    pages.forEach((page, i) => {
      const at = pagesAt + index * stride + i;
      if (words[at] !== page) changed.push(at);
      words[at] = page;
    });
    return changed;
  }
}
