/**
 * The GPU's own time for each dispatch of a forward, from timestamp queries: for the command line and the PWA's /lab, never in normal runs.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { Gpu } from './gpu.ts';
import type { Dims } from './dispatch.ts';
import type { Plan, StepDescription } from './plan.ts';
import { median, Stopwatch } from './stopwatch.ts';

export interface TimedStep extends StepDescription {
  /** Median over the runs, or their mean where the clock is coarse. */
  microseconds: number;
}

export interface ProfiledForward {
  steps: TimedStep[];
  /** All of them in one pass, as a normal run has them: what each pass of its own costs is not in it. */
  microseconds: number;
  runs: number;
  /** The browser rounds timestamps to 100 µs. */
  coarse: boolean;
}

export interface ProfilerRuns {
  /** At most. */
  runs: number;
  /** No new run begins after so long, once there were two. */
  budgetMs?: number;
  /** Called with 0…1 after each run. */
  onProgress?: (fraction: number) => void;
  signal?: AbortSignal;
}

const FEWEST_RUNS = 2;
const COARSE_US = 100;

/**
 * Times every dispatch of the plans. Each is a pass of its own, which costs some microseconds that a normal run does not spend.
 * @throws LocalLLMError not-supported where the GPU was opened without timestamps, aborted
 */
export async function profile(
  gpu: Gpu,
  plans: readonly Plan[],
  dims: Dims,
  { runs, budgetMs = Infinity, onProgress, signal }: ProfilerRuns,
): Promise<ProfiledForward> {
  requireTimestamps(gpu);
  const steps = plans.flatMap((plan) => plan.describe(dims));
  const recorder = new StepRecorder(gpu, plans, dims, steps.length);
  const stopwatch = new Stopwatch(gpu);
  const times: number[][] = [];
  const wholes: number[] = [];
  try {
    await recorder.run(); // warm-up
    const startMs = performance.now();
    while (times.length < runs) {
      if (signal?.aborted) throw new LocalLLMError('aborted', 'The profile was cancelled.');
      times.push(await recorder.run());
      wholes.push(await stopwatch.time(plans, dims));
      const usedMs = performance.now() - startMs;
      onProgress?.(Math.min(1, Math.max(times.length / runs, usedMs / budgetMs)));
      if (times.length >= FEWEST_RUNS && usedMs > budgetMs) break;
    }
  } finally {
    recorder.release();
    stopwatch.release();
  }
  const coarse = times.flat().every((value) => value % COARSE_US === 0);
  // A median of rounded values would be 0 or one step of the clock.
  const typical = coarse ? mean : median;
  return {
    steps: steps.map((step, i) => ({ ...step, microseconds: typical(times.map((run) => run[i]!)) })),
    microseconds: typical(wholes),
    runs: times.length,
    coarse,
  };
}

/** @throws LocalLLMError not-supported */
export function requireTimestamps({ device }: Gpu): void {
  if (device.features.has('timestamp-query')) return;
  throw new LocalLLMError('not-supported', 'This GPU or browser gives no timestamps, which profiling needs.');
}

/** Runs every step in a pass of its own and reads when each began and ended. */
class StepRecorder {
  readonly #gpu: Gpu;
  readonly #plans: readonly Plan[];
  readonly #dims: Dims;
  readonly #count: number;
  readonly #querySet: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;

  constructor(gpu: Gpu, plans: readonly Plan[], dims: Dims, steps: number) {
    const { QUERY_RESOLVE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
    this.#gpu = gpu;
    this.#plans = plans;
    this.#dims = dims;
    this.#count = steps * 2;
    const size = this.#count * 8;
    this.#querySet = gpu.device.createQuerySet({ type: 'timestamp', count: this.#count });
    this.#resolved = gpu.device.createBuffer({ size, usage: QUERY_RESOLVE | COPY_SRC });
    this.#staging = gpu.device.createBuffer({ size, usage: MAP_READ | COPY_DST });
  }

  /** Microseconds of each step. */
  async run(): Promise<number[]> {
    const { device } = this.#gpu;
    const encoder = device.createCommandEncoder();
    const querySet = this.#querySet;
    let first = 0;
    for (const plan of this.#plans) {
      const at = first;
      first += plan.encodeApart(encoder, this.#dims, (index) => ({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: (at + index) * 2,
          endOfPassWriteIndex: (at + index) * 2 + 1,
        },
      }));
    }
    encoder.resolveQuerySet(querySet, 0, this.#count, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, this.#count * 8);
    device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(GPUMapMode.READ);
    const stamps = new BigUint64Array(this.#staging.getMappedRange().slice(0));
    this.#staging.unmap();
    return Array.from({ length: this.#count / 2 }, (_, i) => {
      // Some drivers stamp the beginning before the pass before it has ended.
      const begun = stamps[i * 2]!;
      const ended = i > 0 ? stamps[i * 2 - 1]! : 0n;
      return Number(stamps[i * 2 + 1]! - (begun > ended ? begun : ended)) / 1000;
    });
  }

  release(): void {
    this.#querySet.destroy();
    this.#resolved.destroy();
    this.#staging.destroy();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
