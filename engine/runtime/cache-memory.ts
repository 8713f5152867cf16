/**
 * The cache's buffers on the GPU: keys and values of every attention layer, states of every recurrent one.
 *
 * @module
 */
import { kvLayout, type KvType } from '../../shaders/attention/kv-layout.ts';
import type { Hyperparameters } from '../arch/architecture.ts';
import type { Allocation } from '../gpu/allocation.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { LayerCache } from '../ops/context.ts';
import type { CacheMemory } from './kv-cache.ts';
import { listed } from './tensors.ts';

/** What a cache is allocated for. */
export interface CacheSize {
  kvType: KvType;
  pages: number;
  /** Of recurrent state; 0 where the model has none. */
  slots: number;
}

/** GPU bytes of a cache of `pages` pages, all layers. */
export function kvBytes(hp: Hyperparameters, kvType: KvType, pages: number): number {
  const { keyBytes, valueBytes } = kvLayout({ kvType, kvHeads: hp.kvHeads, headDim: hp.headDim, pages });
  return hp.attentionLayers.length * (keyBytes + valueBytes);
}

/** GPU bytes that the recurrent layers keep of one sequence. */
export function stateBytes({ recurrent }: Hyperparameters): number {
  if (!recurrent) return 0;
  const floats = Object.values(recurrent.floats).reduce((sum, n) => sum + n, 0);
  return recurrent.layers.length * floats * 4;
}

/** A buffer in which every page, or every slot, has the same number of bytes and begins where the one before ends. */
interface Region {
  buffer: GPUBuffer;
  bytes: number;
}

export class GpuCache implements CacheMemory {
  readonly #device: GPUDevice;
  readonly #layers: ReadonlyMap<number, LayerCache>;
  readonly #states: ReadonlyMap<string, GPUBuffer>;
  readonly #pages: readonly Region[];
  readonly #slots: readonly Region[];
  /** A copy within one buffer goes through another. */
  readonly #scratch: GPUBuffer;

  private constructor(
    device: GPUDevice,
    layers: ReadonlyMap<number, LayerCache>,
    states: ReadonlyMap<string, GPUBuffer>,
    regions: { pages: readonly Region[]; slots: readonly Region[] },
    scratch: GPUBuffer,
  ) {
    this.#device = device;
    this.#layers = layers;
    this.#states = states;
    this.#pages = regions.pages;
    this.#slots = regions.slots;
    this.#scratch = scratch;
  }

  /** @throws LocalLLMError out-of-memory */
  static async allocate(gpu: Gpu, allocation: Allocation, hp: Hyperparameters, size: CacheSize): Promise<GpuCache> {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const allocate = (label: string, bytes: number) => allocation.allocate(label, bytes, usage);
    const bytesOf = (pages: number) =>
      kvLayout({ kvType: size.kvType, kvHeads: hp.kvHeads, headDim: hp.headDim, pages });
    const page = bytesOf(1);
    const whole = bytesOf(size.pages);
    const layers = new Map<number, LayerCache>();
    const pages: Region[] = [];
    for (const i of hp.attentionLayers) {
      const keys = await allocate(`the KV cache (layer ${i}, keys)`, whole.keyBytes);
      const values = await allocate(`the KV cache (layer ${i}, values)`, whole.valueBytes);
      layers.set(i, { keys, values });
      pages.push({ buffer: keys, bytes: page.keyBytes }, { buffer: values, bytes: page.valueBytes });
    }
    const states = new Map<string, GPUBuffer>();
    const slots: Region[] = [];
    for (const layer of hp.recurrent?.layers ?? []) {
      for (const [name, floats] of Object.entries(hp.recurrent!.floats)) {
        const buffer = await allocate(`the ${name} state (layer ${layer})`, size.slots * floats * 4);
        states.set(stateKey(layer, name), buffer);
        slots.push({ buffer, bytes: floats * 4 });
      }
    }
    const scratch = await allocate('the copy of a page', Math.max(page.keyBytes, page.valueBytes));
    return new GpuCache(gpu.device, layers, states, { pages, slots }, scratch);
  }

  /** Keys and values of one of the architecture's attention layers. */
  layer(index: number): LayerCache {
    return listed(this.#layers, index);
  }

  /** What one of its recurrent layers keeps: [slots, floats]. */
  state(layer: number, name: string): GPUBuffer {
    return listed(this.#states, stateKey(layer, name));
  }

  clear(pages: readonly number[], slots: readonly number[]): void {
    const encoder = this.#device.createCommandEncoder({ label: 'clearing the cache' });
    for (const [regions, indices] of [
      [this.#pages, pages],
      [this.#slots, slots],
    ] as const) {
      const runs = runsOf(indices);
      for (const { buffer, bytes } of regions) {
        for (const { first, count } of runs) encoder.clearBuffer(buffer, first * bytes, count * bytes);
      }
    }
    this.#device.queue.submit([encoder.finish()]);
  }

  copyPage(from: number, to: number): void {
    const encoder = this.#device.createCommandEncoder({ label: 'copying a page' });
    for (const { buffer, bytes } of this.#pages) {
      encoder.copyBufferToBuffer(buffer, from * bytes, this.#scratch, 0, bytes);
      encoder.copyBufferToBuffer(this.#scratch, 0, buffer, to * bytes, bytes);
    }
    this.#device.queue.submit([encoder.finish()]);
  }
}

const stateKey = (layer: number, name: string) => `${layer} ${name}`;

/** Neighbours together: pages are mostly handed out in order. */
function runsOf(indices: readonly number[]): { first: number; count: number }[] {
  const runs: { first: number; count: number }[] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last.first + last.count === index) last.count++;
    else runs.push({ first: index, count: 1 });
  }
  return runs;
}
