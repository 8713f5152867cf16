/**
 * A value that views follow. Views redraw at most once per frame, however often the value changes.
 *
 * @module
 */
import { useEffect, useState } from 'preact/hooks';

/** A GPU that is busy with the model delays frames; text then appears at this pace. */
const FRAME_LIMIT_MS = 100;

export class Observable<T> {
  #value: T;
  readonly #listeners = new Set<() => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Calls back after each change, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  protected set(value: T): void {
    this.#value = value;
    for (const listener of this.#listeners) listener();
  }
}

/** The current value; the component redraws in the frame after a change. */
export function useObservable<T>(observable: Observable<T>): T {
  const [, setVersion] = useState(0);
  useEffect(() => {
    let frame = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const cancel = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      timer = undefined;
    };
    const redraw = () => {
      cancel();
      setVersion((version) => version + 1);
    };
    const unsubscribe = observable.subscribe(() => {
      if (timer !== undefined) return;
      frame = requestAnimationFrame(redraw);
      timer = setTimeout(redraw, FRAME_LIMIT_MS);
    });
    redraw();
    return () => {
      unsubscribe();
      cancel();
    };
  }, [observable]);
  return observable.value;
}
