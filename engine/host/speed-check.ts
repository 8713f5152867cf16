/**
 * While nobody needs the engine: which kernels are the best for a model here, then how fast it runs, by a short prompt and a short answer.
 *
 * @module
 */
import type { ModelSettings, ModelSpeed } from '../protocol/models.ts';
import type { Engine } from '../runtime/engine.ts';
import type { EngineSeat } from './engine-seat.ts';
import { type Preferences, shapesIn, speedIn } from './preferences.ts';

/** So long nobody needs the engine before it is measured. */
const IDLE_MS = 1_000;
/** A device that takes longer for the first steps is not made to go further ones. */
const SLOW_MS = 400;
/** Tokens of the prompt, about, and of the answer: first a few, which also warm the GPU up, then enough to be told. */
const STEPS = [
  { words: 8, tokens: 4 },
  { words: 128, tokens: 32 },
] as const;

/** Undefined where the model had nothing to say. @throws LocalLLMError aborted, and what the engine throws */
export async function measureSpeed(engine: Engine, signal: AbortSignal): Promise<ModelSpeed | undefined> {
  let speed: ModelSpeed | undefined;
  for (const { words, tokens } of STEPS) {
    const startedMs = performance.now();
    const { usage, timing } = await engine.generate({
      input: ' one'.repeat(words),
      options: { raw: true, maxTokens: tokens, temperature: 0 },
      // Nobody's: what is computed is of use to no one.
      owner: `speed ${crypto.randomUUID()}`,
      priority: 3,
      signal,
      onDelta: () => {},
    });
    const prefill = (usage.promptTokens * 1000) / timing.ttftMs;
    if (timing.tokensPerSecond > 0 && prefill < Infinity) speed = { prefill, decode: timing.tokensPerSecond };
    if (performance.now() - startedMs > SLOW_MS) break;
  }
  return speed;
}

export interface SpeedCheckOptions {
  /** How fast the loaded model runs; undefined where that is not to be known. Default: nobody measures. */
  measureSpeed?(engine: Engine, signal: AbortSignal): Promise<ModelSpeed | undefined>;
}

type Seat = Pick<EngineSeat, 'engine' | 'loaded' | 'onChange'>;

/** Measures once after a load, when it has been quiet for a moment; gives up when somebody comes, until it is quiet again. */
export class SpeedCheck {
  readonly #seat: Seat;
  readonly #preferences: Preferences;
  readonly #options: SpeedCheckOptions;
  /** The load of which the speed is known. */
  #known: ModelSettings | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stop: AbortController | undefined;

  constructor(seat: Seat, preferences: Preferences, options: SpeedCheckOptions) {
    this.#seat = seat;
    this.#preferences = preferences;
    this.#options = options;
  }

  /** Nobody needs the engine now, or somebody does. */
  idle(idle: boolean): void {
    clearTimeout(this.#timer);
    this.#stop?.abort();
    this.#stop = undefined;
    if (!idle || !this.#options.measureSpeed || this.#seat.loaded?.settings === this.#known) return;
    const { signal } = (this.#stop = new AbortController());
    const { settings } = this.#seat.loaded ?? {};
    // There is just no figure then. What was given up is tried again, what failed by itself is not.
    const failed = (): void => void (signal.aborted || (this.#known = settings));
    this.#timer = setTimeout(() => void this.#check(signal).catch(failed), IDLE_MS);
  }

  async #check(signal: AbortSignal): Promise<void> {
    const { engine, loaded } = this.#seat;
    const adapter = engine?.info()?.adapter;
    if (!engine || !loaded || adapter === undefined) return;
    const { id, settings } = loaded;
    const kept = await this.#preferences.read();
    const shapes = await engine.tune(signal);
    const before = shapesIn(kept, adapter);
    if (Object.entries(shapes).some(([key, shape]) => before[key] !== shape)) {
      await this.#preferences.keepShapes(adapter, shapes);
    }
    if (signal.aborted) return;
    const known = speedIn(kept, id, adapter);
    const speed = known ?? (await this.#options.measureSpeed?.(engine, signal));
    this.#known = settings;
    if (!speed || known) return;
    await this.#preferences.keepSpeed(id, adapter, settings, speed);
    this.#seat.onChange();
  }
}
