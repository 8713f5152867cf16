/**
 * Buffers that live and die together.
 *
 * @module
 */
import type { Gpu } from './gpu.ts';

/** A buffer that is asked for. */
export interface BufferWish {
  label: string;
  bytes: number;
  usage: GPUBufferUsageFlags;
}

export class Allocation {
  readonly #gpu: Gpu;
  readonly #buffers: GPUBuffer[] = [];

  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /** @throws LocalLLMError out-of-memory */
  async allocate(label: string, bytes: number, usage: GPUBufferUsageFlags): Promise<GPUBuffer> {
    const buffer = await this.#gpu.allocate(label, bytes, usage);
    this.#buffers.push(buffer);
    return buffer;
  }

  /** Several at once, as answers of the GPU take their time. @throws LocalLLMError out-of-memory, of the first that fails */
  async allocateAll(wishes: readonly BufferWish[]): Promise<GPUBuffer[]> {
    const made = await Promise.allSettled(wishes.map(({ label, bytes, usage }) => this.allocate(label, bytes, usage)));
    return made.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
  }

  /** Frees all of them. */
  release(): void {
    for (const buffer of this.#buffers.splice(0)) this.#gpu.release(buffer);
  }
}
