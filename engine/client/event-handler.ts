/**
 * `on…` attributes, and events that pages get.
 *
 * @module
 */
const { apply } = Reflect;
const { defineProperties } = Object;
const { Event } = globalThis;
const { addEventListener, removeEventListener, dispatchEvent } = EventTarget.prototype;
// Node has none.
const { ProgressEvent } = globalThis as { ProgressEvent?: typeof globalThis.ProgressEvent };

/** One listener that can be replaced and keeps its place among the others, as the browser's own attributes. */
export class EventHandler {
  readonly #target: EventTarget;
  readonly #type: string;
  #handler: ((event: Event) => unknown) | null = null;

  constructor(target: EventTarget, type: string) {
    this.#target = target;
    this.#type = type;
  }

  get(): ((event: Event) => unknown) | null {
    return this.#handler;
  }

  /** What is no function takes the listener away. */
  set(value: unknown): void {
    const next = typeof value === 'function' ? (value as (event: Event) => unknown) : null;
    const had = this.#handler !== null;
    this.#handler = next;
    if (had === (next !== null)) return;
    apply(next ? addEventListener : removeEventListener, this.#target, [this.#type, this.#call]);
  }

  readonly #call = (event: Event): void => {
    if (this.#handler) apply(this.#handler, this.#target, [event]);
  };
}

export function fire(target: EventTarget, type: string): void {
  apply(dispatchEvent, target, [new Event(type)]);
}

/** A ProgressEvent: `loaded` of a `total` of 1. */
export function fireProgress(target: EventTarget, type: string, loaded: number): void {
  const init = { lengthComputable: true, loaded, total: 1 };
  const event = ProgressEvent
    ? new ProgressEvent(type, init)
    : defineProperties(new Event(type), {
        lengthComputable: { value: true },
        loaded: { value: loaded },
        total: { value: 1 },
      });
  apply(dispatchEvent, target, [event]);
}
