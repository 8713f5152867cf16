/**
 * How long the GPU takes for some commands: by its own clock where it gives timestamps, else by ours.
 *
 * @module
 */
import type { Gpu } from './gpu.ts';
import type { Dims } from './dispatch.ts';
import { Plan } from './plan.ts';

/** What a measurement takes at least: short enough for a page, long enough for clocks that are rounded to 100 µs. */
const LEAST_US = 20_000;
const MOST_REPEATS = 1 << 14;

export class Stopwatch {
  readonly #gpu: Gpu;
  readonly #leastMicroseconds: number;
  readonly #stamps: { querySet: GPUQuerySet; resolved: GPUBuffer; staging: GPUBuffer } | undefined;

  constructor(gpu: Gpu, leastMicroseconds = LEAST_US) {
    this.#gpu = gpu;
    this.#leastMicroseconds = leastMicroseconds;
    const { device } = gpu;
    if (!device.features.has('timestamp-query')) return;
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#stamps = {
      querySet: device.createQuerySet({ type: 'timestamp', count: 2 }),
      resolved: device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC }),
      staging: device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST }),
    };
  }

  /** Microseconds from the end of all that was submitted before to the end of these plans. */
  async time(plans: readonly Plan[], dims: Dims): Promise<number> {
    const { device } = this.#gpu;
    if (!this.#stamps) {
      const commands = Plan.encode(this.#gpu, plans, dims).finish();
      const start = performance.now();
      device.queue.submit([commands]);
      await device.queue.onSubmittedWorkDone();
      return (performance.now() - start) * 1000;
    }
    const { querySet, resolved, staging } = this.#stamps;
    const before = this.#stamp(0).finish();
    // Where a browser wants small submits, encoding submits: the first stamp has to be there by then.
    if (this.#gpu.submitInPieces) device.queue.submit([before]);
    const commands = Plan.encode(this.#gpu, plans, dims).finish();
    const after = this.#stamp(1);
    after.resolveQuerySet(querySet, 0, 2, resolved, 0);
    after.copyBufferToBuffer(resolved, 0, staging, 0, 16);
    device.queue.submit([...(this.#gpu.submitInPieces ? [] : [before]), commands, after.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const [start = 0n, end = 0n] = new BigUint64Array(staging.getMappedRange());
    const microseconds = Number(end - start) / 1000;
    staging.unmap();
    return microseconds;
  }

  /**
   * Microseconds of one run of the plans: the median of five times the difference between twice as many runs and so many, which
   * leaves out what a submit costs.
   */
  async timeOne(plans: readonly Plan[], dims: Dims): Promise<number> {
    const run = (repeats: number) => this.time(Array.from({ length: repeats }, () => plans).flat(), dims);
    const least = this.#leastMicroseconds;
    let repeats = 1;
    await run(1);
    for (let took = await run(1); took < least && repeats < MOST_REPEATS; took = await run(repeats)) {
      const wanted = Math.ceil((repeats * least * 1.2) / Math.max(took, least / 8));
      repeats = Math.min(MOST_REPEATS, Math.max(repeats * 2, wanted));
    }
    const differences: number[] = [];
    while (differences.length < 5) differences.push((await run(repeats * 2)) - (await run(repeats)));
    return Math.max(0, median(differences)) / repeats;
  }

  release(): void {
    this.#stamps?.querySet.destroy();
    this.#stamps?.resolved.destroy();
    this.#stamps?.staging.destroy();
  }

  /** A pass with nothing in it, whose end is stamped: that is when all before it has ended. */
  #stamp(endOfPassWriteIndex: number): GPUCommandEncoder {
    const encoder = this.#gpu.device.createCommandEncoder();
    const { querySet } = this.#stamps!;
    encoder.beginComputePass({ timestampWrites: { querySet, endOfPassWriteIndex } }).end();
    return encoder;
  }
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
