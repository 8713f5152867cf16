/**
 * JavaScript worlds that can die, a clock, and wires between them: what a browser is to an extension, without a browser.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from '../fuzz/random.ts';

/** A document, a service worker or a worker. */
export class Realm {
  readonly name: string;
  alive = true;
  /** It lives, but gets nothing done. */
  hung = false;
  readonly #listeners = new Map<string, ((event: object) => void)[]>();

  constructor(name: string) {
    this.name = name;
  }
  /** Calls in this world: its timers and ports are then known to be its own. */
  run<T>(work: () => T): T {
    return current.run(this, work);
  }
  addEventListener(type: string, listener: (event: object) => void): void {
    this.#listeners.set(type, [...(this.#listeners.get(type) ?? []), listener]);
  }
  dispatch(type: string, event: object): void {
    for (const listener of this.#listeners.get(type) ?? []) this.run(() => listener(event));
  }
}

const current = new AsyncLocalStorage<Realm>();
export const realm = (): Realm => current.getStore()!;

interface Timer {
  atMs: number;
  everyMs: number | undefined;
  call: () => void;
  owner: Realm;
}

/** Everything that happens in one run, in an order that a seed decides. */
export class Universe {
  readonly random: Random;
  readonly #timers = new Map<number, Timer>();
  readonly #wires = new Set<Wire>();
  #nowMs = 0;
  #timerId = 0;

  constructor(random: Random) {
    this.random = random;
  }

  setTimer(call: () => void, ms: number, repeats: boolean): number {
    const atMs = this.#nowMs + ms;
    this.#timers.set(++this.#timerId, { atMs, everyMs: repeats ? ms : undefined, call, owner: realm() });
    return this.#timerId;
  }
  clearTimer(id: number): void {
    this.#timers.delete(id);
  }
  /** Timers of those who live. */
  get timers(): number {
    return [...this.#timers.values()].filter(({ owner }) => owner.alive).length;
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#timers]
        .filter(([, { atMs }]) => atMs <= untilMs)
        .sort(([, a], [, b]) => a.atMs - b.atMs)[0];
      if (!due) break;
      const [id, timer] = due;
      this.#nowMs = Math.max(this.#nowMs, timer.atMs);
      if (timer.everyMs === undefined) this.#timers.delete(id);
      else timer.atMs += timer.everyMs;
      if (timer.owner.alive && !timer.owner.hung) timer.owner.run(timer.call);
      await settle();
    }
    this.#nowMs = untilMs;
  }

  /** A wire between two worlds; messages arrive later, in order. */
  wire(a: Realm, b: Realm): [End, End] {
    const wire = new Wire(a, b);
    this.#wires.add(wire);
    return wire.ends;
  }

  /** Delivers the oldest message of some wire; false when there is none. */
  async deliver(): Promise<boolean> {
    const waiting = [...this.#wires]
      .flatMap(({ ends }) => ends)
      .filter((end) => end.inbox.length > 0 && !end.owner.hung);
    if (waiting.length === 0) return false;
    this.random.pick(waiting).receive();
    await settle();
    return true;
  }

  /** A world ends: the others hear of it on their wires, after what it had sent, or some of it. */
  kill(victim: Realm): void {
    victim.alive = false;
    for (const { ends } of this.#wires) {
      for (const own of ends.filter(({ owner }) => owner === victim)) own.disconnect(this.random.below(4));
    }
    for (const wire of this.#wires) if (!wire.ends.some(({ owner }) => owner.alive)) this.#wires.delete(wire);
  }
}

/** Lets promises run that are ready to. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve();
}

const CLOSED = Symbol('closed');

class Wire {
  readonly ends: [End, End];
  constructor(a: Realm, b: Realm) {
    const [one, two] = [new End(a), new End(b)];
    one.other = two;
    two.other = one;
    this.ends = [one, two];
  }
}

/** One end of a wire: a runtime port, a MessagePort, a worker. */
export class End {
  readonly owner: Realm;
  readonly inbox: unknown[] = [];
  other!: End;
  #closed = false;
  readonly #onMessage: ((message: unknown) => void)[] = [];
  readonly #onDisconnect: (() => void)[] = [];
  readonly onMessage = { addListener: (listener: (message: unknown) => void) => void this.#onMessage.push(listener) };
  readonly onDisconnect = { addListener: (listener: () => void) => void this.#onDisconnect.push(listener) };

  constructor(owner: Realm) {
    this.owner = owner;
  }
  postMessage(message: unknown): void {
    if (this.#closed) throw new Error('Attempting to use a disconnected port object');
    if (this.owner.alive) this.other.inbox.push(structuredClone(message));
  }
  /** @param arriving of the messages under way to the other end */
  disconnect(arriving = Infinity): void {
    if (this.#closed) return;
    this.#closed = true;
    this.inbox.length = 0;
    this.other.inbox.splice(arriving);
    this.other.inbox.push(CLOSED);
  }
  /** As MessagePorts and workers have it. */
  addEventListener(type: string, listener: (event: object) => void): void {
    if (type === 'message') this.#onMessage.push((data) => listener({ data }));
  }
  start(): void {}
  receive(): void {
    const message = this.inbox.shift();
    if (this.#closed || !this.owner.alive) return;
    if (message === CLOSED) this.#closed = true;
    const listeners = message === CLOSED ? this.#onDisconnect : this.#onMessage;
    for (const listener of listeners) this.owner.run(() => listener(message));
  }
}
