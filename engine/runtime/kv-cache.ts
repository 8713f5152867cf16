/**
 * The paged KV cache: buffers of every layer on the GPU, and who holds which page.
 *
 * @module
 */
import { kvLayout, type KvType, PAGE } from '../../shaders/attention/kv-layout.ts';
import type { Hyperparameters } from '../arch/architecture.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { LayerCache } from '../ops/context.ts';

/** GPU bytes of a cache of `pages` pages, all layers. */
export function kvBytes(hp: Hyperparameters, kvType: KvType, pages: number): number {
  const { keyBytes, valueBytes } = kvLayout({ kvType, kvHeads: hp.kvHeads, headDim: hp.headDim, pages });
  return hp.attentionLayers.length * (keyBytes + valueBytes);
}

export const pagesFor = (tokens: number): number => Math.ceil(tokens / PAGE);

/** Keys and values of every attention layer. @throws LocalLLMError out-of-memory */
export async function allocateCache(
  allocation: Allocation,
  hp: Hyperparameters,
  kvType: KvType,
  pages: number,
): Promise<ReadonlyMap<number, LayerCache>> {
  const { keyBytes, valueBytes } = kvLayout({ kvType, kvHeads: hp.kvHeads, headDim: hp.headDim, pages });
  const cache = new Map<number, LayerCache>();
  for (const i of hp.attentionLayers) {
    const keys = await allocation.allocate(`the KV cache (layer ${i}, keys)`, keyBytes, GPUBufferUsage.STORAGE);
    const values = await allocation.allocate(`the KV cache (layer ${i}, values)`, valueBytes, GPUBufferUsage.STORAGE);
    cache.set(i, { keys, values });
  }
  return cache;
}

/** Pages that no sequence holds. */
export class PagePool {
  readonly total: number;
  readonly #free: number[];

  constructor(pages: number) {
    this.total = pages;
    this.#free = Array.from({ length: pages }, (_, i) => pages - 1 - i);
  }

  get free(): number {
    return this.#free.length;
  }

  /** A page, or undefined when all are held. */
  take(): number | undefined {
    return this.#free.pop();
  }

  give(pages: readonly number[]): void {
    for (let i = pages.length - 1; i >= 0; i--) this.#free.push(pages[i]!);
  }
}

/**
 * Tokens with their pages. `cached` tokens have their keys and values in the cache; the rest are still to be computed.
 * Positions at or beyond `cached` are never read before they are written, so a page needs no clearing when it changes hands.
 */
export class Sequence {
  tokens: number[];
  readonly pages: number[] = [];
  cached = 0;
  /** Where its recurrent state lies, in models that have one. */
  stateSlot = 0;

  constructor(tokens: readonly number[]) {
    this.tokens = [...tokens];
  }

  slot(position: number): number {
    return this.pages[Math.floor(position / PAGE)]! * PAGE + (position % PAGE);
  }

  /** Gives all pages back; the tokens stay and can be computed again. */
  drop(pool: PagePool): void {
    pool.give(this.pages);
    this.pages.length = 0;
    this.cached = 0;
  }

  /** Keeps the keys and values of the first `tokens` tokens only. */
  truncateCache(tokens: number, pool: PagePool): void {
    this.cached = Math.min(this.cached, tokens);
    pool.give(this.pages.splice(pagesFor(this.cached)));
  }
}
