/**
 * How fast bytes arrive.
 *
 * @module
 */

/** Long enough that a pause between two requests does not show, short enough that a broken line does. */
const WINDOW_MS = 10_000;
const STEP_MS = 500;

export class Speed {
  readonly #now: () => number;
  /** The oldest first, all within the window but the first. */
  #samples: { ms: number; bytes: number }[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  /** So many bytes are there now; fewer than before where a server started over. */
  reached(bytes: number): void {
    const ms = this.#now();
    const last = this.#samples.at(-1);
    if (last && bytes < last.bytes) this.#samples = [];
    else if (last && ms - last.ms < STEP_MS && this.#samples.length > 1) return;
    this.#samples.push({ ms, bytes });
    while (this.#samples.length > 2 && this.#samples[1]!.ms <= ms - WINDOW_MS) this.#samples.shift();
  }

  /** Over the last seconds; 0 while there is nothing to measure. */
  get bytesPerSecond(): number {
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (!first || !last || last === first) return 0;
    return ((last.bytes - first.bytes) / (this.#now() - first.ms)) * 1000;
  }
}
