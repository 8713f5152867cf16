/**
 * Buffers that live and die together.
 *
 * @module
 */
import type { Gpu } from './gpu.ts';

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

  /** Frees all of them. */
  release(): void {
    for (const buffer of this.#buffers.splice(0)) this.#gpu.release(buffer);
  }
}
