/**
 * The GPU's own time for each dispatch of a forward, from timestamp queries: for the command line and the PWA's /lab, never in normal runs.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Gpu } from './gpu.ts';
import type { Dims, Plan, StepDescription } from './plan.ts';

export interface TimedStep extends StepDescription {
  /** Median over the runs. */
  microseconds: number;
}

/**
 * Times every dispatch of the plans, one after another, `runs` times. Each is a pass of its own, which costs some microseconds that a
 * normal run does not spend; browsers round timestamps to 100 µs, which the mean over many runs evens out.
 * @throws LocalLLMError not-supported where the GPU was opened without timestamps
 */
export async function profile(gpu: Gpu, plans: readonly Plan[], dims: Dims, runs: number): Promise<TimedStep[]> {
  const { device } = gpu;
  if (!device.features.has('timestamp-query')) {
    throw new LocalLLMError('not-supported', 'This GPU or browser gives no timestamps, which profiling needs.');
  }
  const steps = plans.flatMap((plan) => plan.describe(dims));
  const count = steps.length * 2;
  const querySet = device.createQuerySet({ type: 'timestamp', count });
  const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const resolved = device.createBuffer({ size: count * 8, usage: QUERY_RESOLVE | COPY_SRC });
  const staging = device.createBuffer({ size: count * 8, usage: MAP_READ | COPY_DST });
  const times = steps.map((): number[] => []);
  try {
    for (let run = 0; run <= runs; run++) {
      const encoder = device.createCommandEncoder();
      let first = 0;
      for (const plan of plans) {
        const at = first;
        plan.encodeApart(encoder, dims, (index) => ({
          timestampWrites: {
            querySet,
            beginningOfPassWriteIndex: (at + index) * 2,
            endOfPassWriteIndex: (at + index) * 2 + 1,
          },
        }));
        first += plan.describe(dims).length;
      }
      encoder.resolveQuerySet(querySet, 0, count, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, count * 8);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(GPUMapMode.READ);
      const stamps = new BigUint64Array(staging.getMappedRange().slice(0));
      staging.unmap();
      if (run === 0) continue; // warm-up
      times.forEach((list, i) => list.push(Number(stamps[i * 2 + 1]! - stamps[i * 2]!) / 1000));
    }
  } finally {
    querySet.destroy();
    resolved.destroy();
    staging.destroy();
  }
  return steps.map((step, i) => ({ ...step, microseconds: typical(times[i]!) }));
}

/** The median where timestamps are fine, the mean where they are so coarse that the median would be 0 or one step. */
function typical(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const coarse = values.every((value) => value % 100 === 0);
  return coarse ? values.reduce((sum, v) => sum + v, 0) / values.length : sorted[Math.floor(sorted.length / 2)]!;
}
