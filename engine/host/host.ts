/**
 * Serves requests of many channels with one engine. Trusts nothing that arrives in a frame.
 *
 * Every request ends in exactly one `done` or `error`. What a channel may do follows from the identity it was opened with.
 *
 * @module
 */
import { checkTextSize, parseChecked, readDownFrame } from '../protocol/checks.ts';
import { LocalLLMError } from '../protocol/errors.ts';
import { HEARTBEAT_MS } from '../protocol/messages.ts';
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
import { ParamsSchemas } from '../protocol/params.ts';
import { type Call, type Channel, Channels, type Request, workOf } from './channels.ts';
import { DeltaPipe } from './delta-pipe.ts';
import { ModelCalls, type ModelCallsOptions } from './model-calls.ts';
import { ModelSlot } from './model-slot.ts';
import type { ModelSlotOptions } from './model-slot.ts';

export interface HostOptions extends ModelSlotOptions, ModelCallsOptions {
  /** Carries a frame to the asker of a channel. */
  send(channel: string, frame: UpFrame): void;
}

export interface Host {
  /** Opens a channel; one that is open under this name is closed first. */
  open(channel: string, identity: ChannelIdentity): void;
  /** Takes anything that claims to be a DownFrame. Never throws. */
  frame(channel: string, frame: unknown): void;
  /** The network is back: downloads that it broke off go on. So they do when one of our own pages opens. */
  online(): void;
  /** The person sees the tab of this channel, or no longer. */
  visible(channel: string, visible: boolean): void;
  /** Stops all work of a channel. Nothing more is sent to it. */
  close(channel: string): void;
}

/** What is asked, after the check of its parameters. */
type MethodCall = { [M in Method]: { method: M; params: Methods[M]['params'] } }[Method];

const WAIT_FOR_MODEL: readonly Method[] = ['generate', 'measure', 'prefill'];

export function createHost(options: HostOptions): Host {
  return new EngineHost(options);
}

class EngineHost implements Host {
  readonly #send: (channel: string, frame: UpFrame) => void;
  readonly #models: ModelSlot;
  readonly #modelCalls: ModelCalls;
  readonly #channels = new Channels();
  /** Of models: there is news that nobody was sent yet; and a list is being made. */
  #untold = false;
  #telling = false;
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(options: HostOptions) {
    this.#send = (channel, frame) => options.send(channel, frame);
    this.#models = new ModelSlot(options);
    this.#modelCalls = new ModelCalls(this.#models, options);
    this.#models.onChange = () => this.#modelChanged();
    this.#models.onModel = (contextTokens) => this.#tellModel(contextTokens);
    this.#models.downloads.onChange = () => void this.#tellModelWatchers();
  }

  open(name: string, identity: ChannelIdentity): void {
    this.close(name);
    this.#channels.add(name, identity);
    if (identity.trusted) this.online();
  }

  online(): void {
    this.#models.downloads.resumeWanted().catch(() => {}); // who asks for the storage next learns why
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
    if (!this.#channels.get(name)) return;
    this.#channels.remove(name);
    this.#afterChange();
  }

  #take(channel: Channel, frame: DownFrame): void {
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
  #refuse(channel: Channel, id: number, error: LocalLLMError): void {
    const running = channel.requests.get(id);
    channel.requests.delete(id);
    this.#send(channel.name, { t: 'error', id, error: error.toData() });
    running?.stop.abort();
    if (running) this.#afterChange();
  }

  async #serve(channel: Channel, id: number, method: Method, params: unknown): Promise<void> {
    const request: Request = { method, stop: new AbortController() };
    try {
      this.#channels.check(channel, method);
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
      case 'models.watch':
        void this.#tellModelWatchers();
        return new Promise<never>(() => {}); // ends only when the asker cancels or goes
      case 'permissions.query':
      case 'permissions.request':
        return permission(call.channel.identity);
      default:
        return this.#modelCalls.answer(asked, call.request.stop.signal);
    }
  }

  async #generate(call: Call, params: Methods['generate']['params']): Promise<unknown> {
    const { channel, id, request } = call;
    checkTextSize(params.input, params.options);
    const arrivedMs = performance.now();
    const deltas = new DeltaPipe((text) => {
      if (params.stream && channel.requests.get(id) === request) this.#send(channel.name, { t: 'delta', id, text });
    });
    request.deltas = deltas;
    const onDelta = (text: string) => deltas.push(text);
    return this.#models.use(request.stop.signal, async (engine, settings) => {
      const waitedMs = performance.now() - arrivedMs;
      const result = await engine.generate(Object.assign(workOf(call, params, settings), { onDelta }));
      deltas.end();
      const { timing } = result;
      return { ...result, timing: { ...timing, ttftMs: timing.ttftMs + waitedMs } };
    });
  }

  async #measure({ request }: Call, { input, options }: Methods['measure']['params']): Promise<Measure> {
    checkTextSize(input, options);
    return this.#models.use(request.stop.signal, async (engine) => engine.measure(input, options));
  }

  async #prefill(call: Call, params: Methods['prefill']['params']): Promise<Usage> {
    checkTextSize(params.input, params.options);
    const { signal } = call.request.stop;
    return this.#models.use(signal, (engine, settings) => engine.prefill(workOf(call, params, settings)));
  }

  /** Ends only when the asker cancels or goes. */
  #watch({ channel, id }: Call): Promise<never> {
    this.#send(channel.name, { t: 'status', id, status: this.#status() });
    return new Promise<never>(() => {});
  }

  #status(): EngineStatus {
    const open = [...this.#channels.calls()].filter(({ request }) => request.method === 'generate').length;
    const { running } = this.#models.counts();
    return { ...this.#models.status(), running: Math.min(running, open), waiting: Math.max(open - running, 0) };
  }

  #tellWatchers(): void {
    const watchers = [...this.#channels.calls()].filter(({ request }) => request.method === 'engine.status');
    if (watchers.length === 0) return;
    const status = this.#status();
    for (const { channel, id } of watchers) this.#send(channel.name, { t: 'status', id, status });
  }

  /** One list after another: the one that is sent last is the latest. What changes meanwhile is in the next one. */
  async #tellModelWatchers(): Promise<void> {
    this.#untold = true;
    if (this.#telling) return;
    this.#telling = true;
    while (this.#untold) {
      this.#untold = false;
      await this.#sendModels();
    }
    this.#telling = false;
  }

  async #sendModels(): Promise<void> {
    const watchers = [...this.#channels.calls()].filter(({ request }) => request.method === 'models.watch');
    if (watchers.length === 0) return;
    try {
      const models = await this.#models.list();
      for (const { channel, id, request } of watchers) {
        if (channel.requests.get(id) === request) this.#send(channel.name, { t: 'models', id, models });
      }
    } catch (error) {
      for (const { channel, id } of watchers) this.#refuse(channel, id, LocalLLMError.from(error));
    }
  }

  #modelChanged(): void {
    this.#tellWatchers();
    void this.#tellModelWatchers();
    const { state, progress } = this.#models.status();
    if (state !== 'downloading' || progress === undefined) return;
    // Whoever waits for the model learns how far it is, and nothing else of it.
    for (const { channel, id, request } of this.#channels.calls()) {
      if (WAIT_FOR_MODEL.includes(request.method)) this.#send(channel.name, { t: 'heartbeat', id, progress });
    }
  }

  /** Whoever may have a conversation with the model that was. The background passes it on where the person lets the page. */
  #tellModel(contextTokens: number): void {
    for (const { name } of this.#channels) this.#send(name, { t: 'model', id: 0, contextTokens });
  }

  /** After a request began or ended. */
  #afterChange(): void {
    this.#tellWatchers();
    const busy = !this.#channels.calls().next().done;
    if (busy) this.#heartbeat ??= setInterval(() => this.#beat(), HEARTBEAT_MS);
    else {
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    }
  }

  #beat(): void {
    for (const { channel, id } of this.#channels.calls()) this.#send(channel.name, { t: 'heartbeat', id });
  }
}

/** Whoever reaches the host of the PWA is its own shell; in the extension the background answers before it comes here. */
function permission({ trusted }: ChannelIdentity): PermissionState {
  if (trusted) return 'granted';
  throw new LocalLLMError('not-allowed', 'Permissions of pages are kept by the extension, not by the engine.');
}
