/**
 * Serves requests of many channels with one engine. Trusts nothing that arrives in a frame.
 *
 * Every request ends in exactly one `done` or `error`. What a channel may do follows from the identity it was opened with.
 *
 * @module
 */
import { checkTextSize, parseChecked, readDownFrame } from '../protocol/checks.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import {
  HEARTBEAT_MS,
  MAX_OPEN_GENERATES,
  MAX_OPEN_REQUESTS,
  PAGE_METHODS,
  ParamsSchemas,
} from '../protocol/messages.ts';
import type {
  ChannelIdentity,
  DownFrame,
  EngineStatus,
  Measure,
  Method,
  Methods,
  UpFrame,
  Usage,
} from '../protocol/messages.ts';
import { DeltaPipe } from './delta-pipe.ts';
import { ModelSlot } from './model-slot.ts';
import type { ModelSlotOptions } from './model-slot.ts';

export interface HostOptions extends ModelSlotOptions {
  /** Carries a frame to the asker of a channel. */
  send(channel: string, frame: UpFrame): void;
}

export interface Host {
  /** Opens a channel; one that is open under this name is closed first. */
  open(channel: string, identity: ChannelIdentity): void;
  /** Takes anything that claims to be a DownFrame. Never throws. */
  frame(channel: string, frame: unknown): void;
  /** The person sees the tab of this channel, or no longer. */
  visible(channel: string, visible: boolean): void;
  /** Stops all work of a channel. Nothing more is sent to it. */
  close(channel: string): void;
}

interface Request {
  method: Method;
  stop: AbortController;
  deltas?: DeltaPipe;
}
interface ChannelState {
  name: string;
  identity: ChannelIdentity;
  visible: boolean;
  requests: Map<number, Request>;
}
/** What is asked, after the check of its parameters. */
type MethodCall = { [M in Method]: { method: M; params: Methods[M]['params'] } }[Method];
/** One request as a handler sees it. */
interface Call {
  channel: ChannelState;
  id: number;
  request: Request;
}

export function createHost(options: HostOptions): Host {
  return new EngineHost(options);
}

class EngineHost implements Host {
  readonly #send: (channel: string, frame: UpFrame) => void;
  readonly #models: ModelSlot;
  readonly #channels = new Map<string, ChannelState>();
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(options: HostOptions) {
    this.#send = (channel, frame) => options.send(channel, frame);
    this.#models = new ModelSlot(options);
    this.#models.onChange = () => this.#tellWatchers();
  }

  open(name: string, identity: ChannelIdentity): void {
    this.close(name);
    this.#channels.set(name, { name, identity, visible: false, requests: new Map() });
  }

  visible(name: string, visible: boolean): void {
    const channel = this.#channels.get(name);
    if (channel) channel.visible = visible;
  }

  frame(name: string, value: unknown): void {
    const read = readDownFrame(value);
    const channel = this.#channels.get(name);
    if (!channel) {
      if ('frame' in read && read.frame.t !== 'request') return;
      const error = new LocalLLMError('disconnected', 'The connection to the engine is gone. Try again.');
      this.#send(name, { t: 'error', id: 'frame' in read ? read.frame.id : read.id, error: error.toData() });
      return;
    }
    if ('error' in read) this.#refuse(channel, read.id, read.error);
    else this.#take(channel, read.frame);
  }

  close(name: string): void {
    const channel = this.#channels.get(name);
    if (!channel) return;
    this.#channels.delete(name);
    const requests = [...channel.requests.values()];
    channel.requests.clear();
    for (const { stop } of requests) stop.abort();
    this.#afterChange();
  }

  #take(channel: ChannelState, frame: DownFrame): void {
    const running = channel.requests.get(frame.id);
    if (frame.t === 'cancel') {
      if (running) this.#refuse(channel, frame.id, new LocalLLMError('aborted', 'The request was cancelled.'));
    } else if (frame.t === 'credit') {
      running?.deltas?.credit(frame.deltas);
    } else if (running) {
      const message = `id: request ${frame.id} is still running; use a new id for each request.`;
      this.#refuse(channel, frame.id, new LocalLLMError('bad-argument', message));
    } else {
      void this.#serve(channel, frame.id, frame.method, frame.params);
    }
  }

  /** Ends a request with an error, whether it was running or never began. */
  #refuse(channel: ChannelState, id: number, error: LocalLLMError): void {
    const running = channel.requests.get(id);
    channel.requests.delete(id);
    this.#send(channel.name, { t: 'error', id, error: error.toData() });
    running?.stop.abort();
    if (running) this.#afterChange();
  }

  async #serve(channel: ChannelState, id: number, method: Method, params: unknown): Promise<void> {
    const request: Request = { method, stop: new AbortController() };
    try {
      this.#admit(channel, method);
      channel.requests.set(id, request);
      this.#afterChange();
      const checked = { method, params: parseChecked(ParamsSchemas[method], params, 'params') } as MethodCall;
      const result = await this.#answer({ channel, id, request }, checked);
      this.#finish({ channel, id, request }, { t: 'done', id, result });
    } catch (thrown) {
      const error = LocalLLMError.from(thrown).toData();
      if (channel.requests.has(id)) this.#finish({ channel, id, request }, { t: 'error', id, error });
      else if (!request.stop.signal.aborted) this.#send(channel.name, { t: 'error', id, error });
    }
  }

  /** Sends a request's last frame, unless it was ended meanwhile. */
  #finish({ channel, id, request }: Call, frame: UpFrame): void {
    if (channel.requests.get(id) !== request) return;
    channel.requests.delete(id);
    this.#send(channel.name, frame);
    this.#afterChange();
  }

  /** @throws LocalLLMError not-allowed, quota */
  #admit({ identity, requests }: ChannelState, method: Method): void {
    if (!identity.trusted && !PAGE_METHODS.includes(method)) {
      throw new LocalLLMError('not-allowed', `${method} is not available to pages. Open localLLM's own settings.`);
    }
    refuseBeyond(MAX_OPEN_REQUESTS, requests.size + 1, 'requests');
    if (method !== 'generate') return;
    const generates = [...requests.values()].filter((open) => open.method === 'generate').length;
    refuseBeyond(MAX_OPEN_GENERATES, generates + 1, 'answers');
  }

  async #answer(call: Call, asked: MethodCall): Promise<unknown> {
    const models = this.#models;
    switch (asked.method) {
      case 'generate':
        return this.#generate(call, asked.params);
      case 'measure':
        return this.#measure(call, asked.params);
      case 'prefill':
        return this.#prefill(call, asked.params);
      case 'availability':
        return models.availability();
      case 'engine.status':
        return asked.params.watch ? this.#watch(call) : this.#status();
      case 'engine.load':
        await models.load(asked.params.id, call.request.stop.signal);
        return this.#status();
      case 'engine.unload':
        await models.unload();
        return this.#status();
      case 'engine.profile':
        return models.profile(asked.params.past, call.request.stop.signal);
      case 'models.list':
        return models.list();
      case 'models.delete':
        await models.delete(asked.params.id);
        return models.list();
      case 'permissions.query':
      case 'permissions.request':
        return permission(call.channel.identity);
    }
  }

  async #generate(call: Call, { input, options, stream }: Methods['generate']['params']): Promise<unknown> {
    const { channel, id, request } = call;
    const { signal } = request.stop;
    checkTextSize(input, options);
    const arrivedMs = performance.now();
    const engine = await this.#models.ready(signal);
    const waitedMs = performance.now() - arrivedMs;
    const deltas = new DeltaPipe((text) => {
      if (stream && channel.requests.get(id) === request) this.#send(channel.name, { t: 'delta', id, text });
    });
    request.deltas = deltas;
    const result = await engine.generate({
      input,
      options,
      ...standing(channel),
      signal,
      onDelta: (text) => deltas.push(text),
    });
    deltas.end();
    const { timing } = result;
    return { ...result, timing: { ...timing, ttftMs: timing.ttftMs + waitedMs } };
  }

  async #measure({ request }: Call, { input, options }: Methods['measure']['params']): Promise<Measure> {
    checkTextSize(input, options);
    const engine = await this.#models.ready(request.stop.signal);
    return engine.measure(input, options);
  }

  async #prefill({ channel, request }: Call, { input, options }: Methods['prefill']['params']): Promise<Usage> {
    checkTextSize(input, options);
    const { signal } = request.stop;
    const engine = await this.#models.ready(signal);
    return engine.prefill({ input, options, ...standing(channel), signal });
  }

  /** Ends only when the asker cancels or goes. */
  #watch({ channel, id }: Call): Promise<never> {
    this.#send(channel.name, { t: 'status', id, status: this.#status() });
    return new Promise<never>(() => {});
  }

  #status(): EngineStatus {
    const open = [...this.#calls()].filter(({ request }) => request.method === 'generate').length;
    const { running } = this.#models.counts();
    return { ...this.#models.status(), running: Math.min(running, open), waiting: Math.max(open - running, 0) };
  }

  *#calls(): Generator<Call> {
    for (const channel of this.#channels.values()) {
      for (const [id, request] of channel.requests) yield { channel, id, request };
    }
  }

  #tellWatchers(): void {
    const watchers = [...this.#calls()].filter(({ request }) => request.method === 'engine.status');
    if (watchers.length === 0) return;
    const status = this.#status();
    for (const { channel, id } of watchers) this.#send(channel.name, { t: 'status', id, status });
  }

  /** After a request began or ended. */
  #afterChange(): void {
    this.#tellWatchers();
    const busy = !this.#calls().next().done;
    if (busy) this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
    else {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    }
  }

  #beat(): void {
    for (const { channel, id } of this.#calls()) this.#send(channel.name, { t: 'heartbeat', id });
  }
}

/** Whoever reaches the host of the PWA is its own shell; in the extension the background answers before it comes here. */
function permission({ trusted }: ChannelIdentity): PermissionState {
  if (trusted) return 'granted';
  throw new LocalLLMError('not-allowed', 'Permissions of pages are kept by the extension, not by the engine.');
}

/** Whose work it is, and how urgent: the person's own first, then what the person looks at. */
function standing({ identity, visible }: ChannelState): { owner: string; priority: number } {
  return { owner: identity.owner, priority: identity.trusted ? 0 : visible ? 1 : 2 };
}

function refuseBeyond(quota: number, requested: number, what: string): void {
  if (requested <= quota) return;
  const message = `This page has ${quota} ${what} open already. Wait for one to end, or cancel one.`;
  throw new LocalLLMError('quota', message, { details: { requested, quota } });
}
