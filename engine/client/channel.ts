/**
 * Requests over one connection: ids, answers, cancel, and what happens when the other side goes away.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { DownFrame, EngineStatus, Method, Methods, ModelInfo, UpFrame } from '../protocol/messages.ts';
import { ASKER_BEATS, SilenceWatch } from '../protocol/silence.ts';

// Captured: in a page they may be replaced later.
const { Promise, WeakRef } = globalThis;

export interface ConnectHandlers {
  onFrame(frame: UpFrame): void;
  /** The connection is gone; called at most once. Without an error: code `disconnected`. */
  onClose(error?: LocalLLMError): void;
}
export interface Link {
  send(frame: DownFrame): void;
  close(): void;
}
/** Opens one connection to whatever serves requests. May throw a LocalLLMError. */
export type Connect = (handlers: ConnectHandlers) => Link;

export interface RequestOptions {
  signal?: AbortSignal | undefined;
  onDelta?: (text: string) => void;
  onStatus?: (status: EngineStatus) => void;
  onModels?: (models: ModelInfo[]) => void;
  /** 0…1 of the model that the request waits for, while it is downloaded. */
  onProgress?: ((fraction: number) => void) | undefined;
}
/** One request under way. */
export interface OpenRequest<Result> {
  done: Promise<Result>;
  /** Allows the host `deltas` more delta frames. */
  credit(deltas: number): void;
  /** Tells the host to stop and rejects `done` with code `aborted`. */
  cancel(): void;
}

/** Learns that another model answers, with this much context. */
export interface ModelListener {
  modelChanged(contextTokens: number): void;
}

interface Pending extends RequestOptions {
  resolve(result: unknown): void;
  reject(error: LocalLLMError): void;
}

/** One asker's requests. Connects at the first request, and again at the first one after a close. */
export class Channel {
  readonly #connect: Connect;
  readonly #pending = new Map<number, Pending>();
  readonly #silence = new SilenceWatch<number>(ASKER_BEATS, (ids) => this.#silent(ids));
  readonly #modelListeners = new Set<WeakRef<ModelListener>>();
  #link: Link | undefined;
  #connection: object | undefined;
  #nextId = 1;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  request<M extends Method>(
    method: M,
    params: Methods[M]['params'],
    options: RequestOptions = {},
  ): OpenRequest<Methods[M]['result']> {
    const id = this.#nextId++;
    const { signal } = options;
    const cancel = (): void => {
      if (!this.#pending.has(id)) return;
      this.#trySend({ t: 'cancel', id });
      this.#settle(id)?.reject(new LocalLLMError('aborted', 'The request was cancelled.'));
    };
    const done = new Promise<Methods[M]['result']>((resolve, reject) => {
      this.#pending.set(id, { ...options, resolve, reject });
    }).finally(() => signal?.removeEventListener('abort', cancel));
    if (signal?.aborted) {
      this.#settle(id)?.reject(new LocalLLMError('aborted', 'The request was cancelled.'));
    } else {
      signal?.addEventListener('abort', cancel, { once: true });
      this.#start({ t: 'request', id, method, ...(params === undefined ? {} : { params }) });
    }
    return { done, cancel, credit: (deltas) => this.#pending.has(id) && this.#trySend({ t: 'credit', id, deltas }) };
  }

  /** Tells of each model that answers from now on; as long as somebody else holds the listener. */
  onModel(listener: ModelListener): void {
    for (const known of this.#modelListeners) if (!known.deref()) this.#modelListeners.delete(known);
    this.#modelListeners.add(new WeakRef(listener));
  }

  close(): void {
    const link = this.#link;
    this.#lost(new LocalLLMError('disconnected', 'This client was closed before the answer was complete.'));
    link?.close();
  }

  #start(frame: DownFrame): void {
    try {
      this.#open().send(frame);
      if (this.#pending.has(frame.id)) this.#silence.open(frame.id);
    } catch (error) {
      // What cannot be cloned is the caller's mistake; anything else means that nobody is there.
      const unclonable = error instanceof Error && error.name === 'DataCloneError';
      this.#settle(frame.id)?.reject(LocalLLMError.from(error, unclonable ? 'bad-argument' : 'disconnected'));
    }
  }

  #open(): Link {
    if (this.#link) return this.#link;
    const connection = {};
    let closed: LocalLLMError | undefined;
    this.#connection = connection;
    const link = this.#connect({
      onFrame: (frame) => {
        if (this.#connection === connection) this.#receive(frame);
      },
      onClose: (error) => {
        closed = error ?? new LocalLLMError('disconnected', 'The connection to localLLM was closed. Try again.');
        if (this.#connection === connection) this.#lost(closed);
      },
    });
    if (closed) throw closed;
    this.#link = link;
    return link;
  }

  #receive(frame: UpFrame): void {
    if (frame.t === 'model') {
      for (const listener of this.#modelListeners) listener.deref()?.modelChanged(frame.contextTokens);
      return;
    }
    const pending = this.#pending.get(frame.id);
    if (!pending) return;
    this.#silence.heard(frame.id);
    if (frame.t === 'delta') pending.onDelta?.(frame.text);
    else if (frame.t === 'status') pending.onStatus?.(frame.status);
    else if (frame.t === 'models') pending.onModels?.(frame.models);
    else if (frame.t === 'heartbeat' && frame.progress !== undefined) pending.onProgress?.(frame.progress);
    else if (frame.t === 'done') this.#settle(frame.id)?.resolve(frame.result);
    else if (frame.t === 'error') this.#settle(frame.id)?.reject(LocalLLMError.fromData(frame.error));
  }

  #lost(error: LocalLLMError): void {
    // What was still on its way there may be served by whoever comes next.
    for (const id of this.#pending.keys()) this.#trySend({ t: 'cancel', id });
    this.#link = undefined;
    this.#connection = undefined;
    const lost = [...this.#pending.values()];
    this.#pending.clear();
    this.#silence.closeAll();
    for (const pending of lost) pending.reject(error);
  }

  /** Nothing was heard of these requests for long: whoever had them is gone or hangs. */
  #silent(ids: readonly number[]): void {
    const error = new LocalLLMError('disconnected', 'localLLM has stopped answering. Try again.');
    for (const id of ids) {
      this.#trySend({ t: 'cancel', id });
      this.#settle(id)?.reject(error);
    }
    if (this.#pending.size > 0) return;
    const link = this.#link;
    this.#lost(error);
    link?.close();
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#silence.close(id);
    return pending;
  }

  /** For frames that only matter while somebody listens. */
  #trySend(frame: DownFrame): void {
    try {
      this.#link?.send(frame);
    } catch {
      // The connection is gone: its onClose rejects what is open.
    }
  }
}
