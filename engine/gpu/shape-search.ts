/**
 * Which shapes of kernels are the best here: a short search that measures them on the plan that is going to run.
 *
 * @module
 */
import type { Gpu } from './gpu.ts';
import { type Choice, ONE_ROW } from './dispatch.ts';
import type { Plan } from './plan.ts';
import { Stopwatch } from './stopwatch.ts';

/** What a measurement takes, about: much more than a submit does, little enough that whoever comes meanwhile does not notice. */
const WANTED_US = 8_000;
const MOST_REPEATS = 256;
/** A GPU that was idle gets faster with every measurement; while one takes less than this share of the one before, it is still waking up. */
const WARM = 0.97;
/**
 * Measurements of each of the shapes that are still in the race, and how much longer than the best one it may take to stay there. The first
 * ones tell little where the GPU is still waking up.
 */
const ROUNDS = [1.5, 1.15, 1.05, 1.05];
/** Below this a gain is noise. */
const LEAST_GAIN = 0.01;

export interface SearchOptions {
  /** Runs work that nobody else's may mix with: each measurement is one, and between them others have their turn. Default: there is nobody else. */
  exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
  signal?: AbortSignal;
}

const NEVER = new AbortController().signal;

/**
 * Measures what the plan leaves open and is not yet known in `gpu.shapes`, and puts the best into both. Ends early when aborted; what was
 * found by then stays. The plan's activations are overwritten.
 * @throws LocalLLMError device-lost
 */
export async function searchShapes(
  gpu: Gpu,
  plan: Plan,
  { exclusively = (work) => work(), signal = NEVER }: SearchOptions = {},
): Promise<void> {
  const stopwatch = new Stopwatch(gpu);
  try {
    for (const choice of plan.choices) {
      if (choice.shapes.includes(gpu.shapes.get(choice.key) ?? '')) continue;
      const runs = await compile(plan, choice, signal);
      const [first] = runs;
      if (signal.aborted) return;
      if (!first) continue; // as recorded it runs, whatever the others do
      const time = ({ run }: Shaped, repeats: number): Promise<number> => {
        const plans = Array.from({ length: repeats }, () => run);
        return exclusively(() => stopwatch.time(plans, ONE_ROW));
      };
      const repeats = await repeatsFor((count) => time(first, count), signal);
      const timers = runs.map((one) => time.bind(undefined, one, repeats));
      const best = await fastest(timers, signal);
      const shape = best === undefined ? undefined : runs[best]?.shape;
      if (shape === undefined) return;
      await plan.choose(choice.key, shape);
      gpu.shapes.set(choice.key, shape);
    }
  } finally {
    stopwatch.release();
  }
}

/** A choice's steps in one of its shapes. */
interface Shaped {
  shape: string;
  run: Plan;
}

/** In each shape; one that this GPU does not compile is left out. */
async function compile(plan: Plan, { key, shapes }: Choice, signal: AbortSignal): Promise<Shaped[]> {
  const runs: Shaped[] = [];
  for (const shape of shapes) {
    if (signal.aborted) return [];
    const run = await plan.only(key, shape).catch(() => undefined);
    if (run) runs.push({ shape, run });
  }
  return runs;
}

/** How often a run is repeated for a measurement, so that what a submit costs hardly counts; told when its time does not fall any more. */
async function repeatsFor(time: (repeats: number) => Promise<number>, signal: AbortSignal): Promise<number> {
  let repeats = 1;
  for (let before = Infinity; !signal.aborted;) {
    const took = await time(repeats);
    const wanted = Math.min(MOST_REPEATS, Math.ceil((repeats * WANTED_US) / took));
    if (wanted > repeats * 1.2) [repeats, before] = [wanted, Infinity];
    else if (took > before * WARM) break;
    else before = took;
  }
  return repeats;
}

/**
 * Index of the one that takes the least time; the first unless another one is clearly better. Undefined when aborted.
 * @param timers of all that take part
 */
export async function fastest(
  timers: readonly (() => Promise<number>)[],
  signal: AbortSignal,
): Promise<number | undefined> {
  const least = timers.map(() => Infinity);
  let most = Infinity;
  for (const margin of ROUNDS) {
    for (const [index, time] of timers.entries()) {
      if (index > 0 && least[index]! > most) continue;
      if (signal.aborted) return undefined;
      least[index] = Math.min(least[index]!, await time());
    }
    most = Math.min(...least) * margin;
  }
  const best = least.indexOf(Math.min(...least));
  return least[best]! < least[0]! * (1 - LEAST_GAIN) ? best : 0;
}
