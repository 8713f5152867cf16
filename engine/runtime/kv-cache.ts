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

/** GPU bytes that the recurrent layers keep of one sequence. */
export function stateBytes({ recurrent }: Hyperparameters): number {
  if (!recurrent) return 0;
  const floats = Object.values(recurrent.floats).reduce((sum, n) => sum + n, 0);
  return recurrent.layers.length * floats * 4;
}

/** The recurrent layers' buffers, each [slots, floats], by layer and name. @throws LocalLLMError out-of-memory */
export async function allocateStates(
  allocation: Allocation,
  { recurrent }: Hyperparameters,
  slots: number,
): Promise<ReadonlyMap<string, GPUBuffer>> {
  const states = new Map<string, GPUBuffer>();
  for (const layer of recurrent?.layers ?? []) {
    for (const [name, floats] of Object.entries(recurrent!.floats)) {
      const label = `the ${name} state (layer ${layer})`;
      states.set(stateKey(layer, name), await allocation.allocate(label, slots * floats * 4, GPUBufferUsage.STORAGE));
    }
  }
  return states;
}

export const stateKey = (layer: number, name: string) => `${layer} ${name}`;

/** Pages that no sequence holds, and slots of recurrent state where the model has that. */
export class CachePool {
  readonly total: number;
  /** 0: the model has no recurrent layers. */
  readonly slots: number;
  readonly #pages: number[];
  readonly #slots: number[];

  constructor(pages: number, slots = 0) {
    this.total = pages;
    this.slots = slots;
    this.#pages = Array.from({ length: pages }, (_, i) => pages - 1 - i);
    this.#slots = Array.from({ length: slots }, (_, i) => slots - 1 - i);
  }

  get free(): number {
    return this.#pages.length;
  }

  /** Whether the sequence now has room for `tokens` tokens; what it could get it keeps. */
  reserve(sequence: Sequence, tokens: number): boolean {
    if (this.slots > 0 && sequence.slot === undefined) {
      const slot = this.#slots.pop();
      if (slot === undefined) return false;
      sequence.slot = slot;
    }
    while (sequence.pages.length < pagesFor(tokens)) {
      const page = this.#pages.pop();
      if (page === undefined) return false;
      sequence.pages.push(page);
    }
    return true;
  }

  /** Takes back all pages from index `keep` on, and the slot where none are kept. */
  release(sequence: Sequence, keep = 0): void {
    this.#pages.push(...sequence.pages.splice(keep).reverse());
    if (keep > 0 || sequence.slot === undefined) return;
    this.#slots.push(sequence.slot);
    sequence.slot = undefined;
  }
}

/**
 * Tokens with their pages. `cached` tokens have their keys and values in the cache; the rest are still to be computed.
 * Positions at or beyond `cached` are never read before they are written, and a sequence that starts reads no state, so neither pages
 * nor slots need clearing when they change hands.
 */
export class Sequence {
  tokens: number[];
  readonly pages: number[] = [];
  cached = 0;
  /** Where its recurrent state lies, which is that after `cached` tokens. */
  slot: number | undefined;

  constructor(tokens: readonly number[]) {
    this.tokens = [...tokens];
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

  /** How many of the first `tokens` cached tokens can be kept alone: a recurrent state cannot be taken back to fewer. */
  reusable(tokens: number): number {
    const shared = Math.min(this.cached, tokens);
    return this.slot === undefined || shared === this.cached ? shared : 0;
  }

  /** Keeps what is cached of the first `tokens` tokens only. */
  truncateCache(tokens: number, pool: CachePool): void {
    this.cached = this.reusable(tokens);
    pool.release(this, pagesFor(this.cached));
  }
}
