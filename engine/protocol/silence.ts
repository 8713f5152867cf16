/**
 * Notices that the other side no longer speaks: whoever serves a request sends something at least with every heartbeat.
 *
 * @module
 */
import { HEARTBEAT_MS } from './messages.ts';

// Captured: in a page these globals may be replaced later.
const { setInterval, clearInterval } = globalThis;

/** Heartbeats after which an engine's worker that says nothing counts as hung, and is ended. */
export const WORKER_BEATS = 6;
/** The same for the whole way, as an asker sees it: whoever can mend it was to notice first. */
export const ASKER_BEATS = 8;

/**
 * Counts ticks of its own instead of comparing times: where a page is frozen or its timers are slowed down, messages arrive between two
 * ticks all the same, and a computer that slept has missed none.
 */
export class SilenceWatch<Key> {
  readonly #beats: number;
  readonly #onSilent: (keys: Key[]) => void;
  /** Ticks since the last word, by what is awaited. */
  readonly #ticks = new Map<Key, number>();
  #timer: ReturnType<typeof setInterval> | undefined;

  /**
   * @param beats heartbeats that may be missing
   * @param onSilent called with what is no longer awaited, as nobody spoke of it
   */
  constructor(beats: number, onSilent: (keys: Key[]) => void) {
    this.#beats = beats;
    this.#onSilent = onSilent;
  }

  /** Something is awaited from now on. */
  open(key: Key): void {
    this.#ticks.set(key, 0);
    this.#timer ??= setInterval(() => this.#tick(), HEARTBEAT_MS);
  }

  heard(key: Key): void {
    if (this.#ticks.has(key)) this.#ticks.set(key, 0);
  }

  heardAll(): void {
    for (const key of this.#ticks.keys()) this.#ticks.set(key, 0);
  }

  close(key: Key): void {
    this.#ticks.delete(key);
    if (this.#ticks.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  closeAll(): void {
    for (const key of this.#ticks.keys()) this.close(key);
  }

  #tick(): void {
    const silent: Key[] = [];
    for (const [key, ticks] of this.#ticks) {
      this.#ticks.set(key, ticks + 1);
      if (ticks + 1 >= this.#beats) silent.push(key);
    }
    if (silent.length === 0) return;
    for (const key of silent) this.close(key);
    this.#onSilent(silent);
  }
}
