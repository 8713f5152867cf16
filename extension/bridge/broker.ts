/**
 * Between askers and the engine: says who each channel is, lets pages through their grant, and makes sure that every request
 * ends in exactly one `done` or `error`, even when the engine's document vanishes.
 *
 * @module
 */
import { readDownFrame } from '../../engine/protocol/checks.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { HEARTBEAT_MS, MAX_OPEN_REQUESTS, PAGE_METHODS } from '../../engine/protocol/messages.ts';
import type {
  Availability,
  ChannelIdentity,
  DownEnvelope,
  DownFrame,
  Method,
  UpFrame,
} from '../../engine/protocol/messages.ts';
import type { Accounts } from '../permissions/accounts.ts';
import type { PermissionGate } from '../permissions/gate.ts';
import type { Work } from '../permissions/metered-work.ts';
import { siteKey, siteName } from '../permissions/site.ts';
import type { Asker } from './sender.ts';

export interface BrokerOptions {
  gate: Pick<PermissionGate, 'state' | 'require' | 'request'>;
  accounts: Pick<Accounts, 'begin' | 'requireUnpaused'>;
  /** To the engine, in order; the offscreen document is made when there is none. */
  toEngine(envelope: DownEnvelope): void;
  /** This extension's own origin. */
  ownOrigin: string;
}

interface Request {
  method: Method;
  /** Whether the engine has it; until then it waits for the grant. */
  atEngine: boolean;
  /** Whether the answer must not tell more than an ungranted page may know. */
  masked: boolean;
  stop: AbortController;
  /** Counts what a page's request takes. */
  work?: Work;
}
/** Who can be served: what is refused, or not found out yet, has no channel. */
export type ServedAsker = Exclude<Asker, { kind: 'refused' } | { kind: 'frame' }>;
type RequestFrame = Extract<DownFrame, { t: 'request' }>;

/** One connected asker. */
export class BrokerChannel {
  readonly name = crypto.randomUUID();
  readonly asker: ServedAsker;
  readonly post: (frame: UpFrame) => void;
  readonly requests = new Map<number, Request>();
  /** Whether the engine knows this channel. */
  opened = false;

  constructor(asker: ServedAsker, post: (frame: UpFrame) => void) {
    this.asker = asker;
    this.post = post;
  }
}

export class Broker {
  readonly #options: BrokerOptions;
  readonly #channels = new Map<string, BrokerChannel>();
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #visibleTab: number | undefined;
  /** Another one for each time that private windows are open: what was computed for the last time is nobody's any more. */
  #privateSession = crypto.randomUUID();

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  connect(asker: ServedAsker, post: (frame: UpFrame) => void): BrokerChannel {
    const channel = new BrokerChannel(asker, post);
    this.#channels.set(channel.name, channel);
    return channel;
  }

  disconnect(channel: BrokerChannel): void {
    if (!this.#channels.delete(channel.name)) return;
    const requests = [...channel.requests.values()];
    channel.requests.clear();
    for (const { stop, work } of requests) {
      stop.abort();
      work?.take(CANCELLED);
    }
    if (channel.opened) this.#options.toEngine({ e: 'close', channel: channel.name });
  }

  /** A frame from an asker. */
  take(channel: BrokerChannel, value: unknown): void {
    const read = readDownFrame(value);
    if ('error' in read) return this.#end(channel, read.id, read.error);
    const { frame } = read;
    const known = channel.requests.get(frame.id);
    if (frame.t === 'request') {
      if (known) {
        const message = `id: request ${frame.id} is still running; use a new id for each request.`;
        this.#end(channel, frame.id, new LocalLLMError('bad-argument', message));
      } else void this.#begin(channel, frame);
    } else if (known?.atEngine) {
      this.#options.toEngine({ e: 'frame', channel: channel.name, frame });
    } else if (known && frame.t === 'cancel') {
      this.#end(channel, frame.id, new LocalLLMError('aborted', 'The request was cancelled.'));
    }
  }

  /** A frame from the engine. */
  deliver(name: string, frame: UpFrame): void {
    const channel = this.#channels.get(name);
    if (channel && frame.t === 'model') return void this.#tellModel(channel, frame);
    const request = channel?.requests.get(frame.id);
    if (!channel || !request) return;
    if (frame.t === 'done' || frame.t === 'error') channel.requests.delete(frame.id);
    const beyond = request.work?.take(frame);
    channel.post(request.masked ? mask(frame) : frame);
    if (beyond) this.#end(channel, frame.id, beyond);
  }

  /** That another model answers is for those alone whom it may answer. */
  async #tellModel(channel: BrokerChannel, frame: UpFrame): Promise<void> {
    const { asker } = channel;
    const state = asker.kind === 'own' ? 'granted' : await this.#options.gate.state(asker).catch(() => 'denied');
    if (state === 'granted' && this.#channels.get(channel.name) === channel) channel.post(frame);
  }

  /** The engine's document or worker is gone, and every channel in it. */
  engineLost(error: LocalLLMError): void {
    for (const channel of this.#channels.values()) {
      // What was under way to the old one may have reached the next.
      if (channel.opened) this.#options.toEngine({ e: 'close', channel: channel.name });
      channel.opened = false;
      for (const [id, { atEngine }] of channel.requests) if (atEngine) this.#end(channel, id, error);
    }
  }

  /** Grants or settings changed: what runs without a grant, or on a site that was paused, ends now. */
  async recheck(): Promise<void> {
    const { gate, accounts } = this.#options;
    for (const channel of this.#channels.values()) {
      const { asker } = channel;
      if (asker.kind !== 'page' || ![...channel.requests.values()].some(runsOnGrant)) continue;
      const withdrawn = `The permission of ${siteName(asker)} to use localLLM was withdrawn.`;
      try {
        if ((await gate.state(asker)) !== 'granted') throw new LocalLLMError('not-allowed', withdrawn);
        await accounts.requireUnpaused(asker);
      } catch (thrown) {
        const error = LocalLLMError.from(thrown);
        for (const [id, request] of channel.requests) if (runsOnGrant(request)) this.#end(channel, id, error);
      }
    }
  }

  /** The person looks at this tab now, or at none. */
  see(tabId: number | undefined): void {
    if (tabId === this.#visibleTab) return;
    const before = this.#visibleTab;
    this.#visibleTab = tabId;
    for (const { name, asker, opened } of this.#channels.values()) {
      if (!opened || asker.kind !== 'page' || (asker.tabId !== tabId && asker.tabId !== before)) continue;
      this.#options.toEngine({ e: 'visible', channel: name, visible: asker.tabId === tabId });
    }
  }

  /** The last private window was closed. */
  endPrivateSession(): void {
    this.#privateSession = crypto.randomUUID();
  }

  async #begin(channel: BrokerChannel, frame: RequestFrame): Promise<void> {
    const { id, method } = frame;
    const request: Request = { method, atEngine: false, masked: false, stop: new AbortController() };
    try {
      refuseBeyond(channel.requests.size + 1);
      channel.requests.set(id, request);
      this.#beatWhileAsking();
      const answer = await this.#admit(channel, frame, request);
      if (channel.requests.get(id) !== request) return void request.work?.take(CANCELLED);
      if (answer === undefined) return this.#toEngine(channel, frame, request);
      channel.requests.delete(id);
      channel.post({ t: 'done', id, result: answer });
    } catch (error) {
      const current = channel.requests.get(id);
      if (current === request || !current) this.#endUnlessStopped(channel, id, request, LocalLLMError.from(error));
    }
  }

  /** The answer where the engine is not needed for it; undefined where the request may go there. */
  async #admit(channel: BrokerChannel, frame: RequestFrame, request: Request): Promise<PermissionState | undefined> {
    const { asker } = channel;
    const { gate, accounts } = this.#options;
    const { method } = frame;
    if (asker.kind === 'own') return method.startsWith('permissions.') ? 'granted' : undefined;
    const ask = { activation: frame.activation ?? false, signal: request.stop.signal };
    if (!PAGE_METHODS.includes(method)) {
      throw new LocalLLMError('not-allowed', `${method} is not available to pages. Open localLLM's own settings.`);
    }
    if (method === 'permissions.query') return gate.state(asker);
    if (method === 'permissions.request') return gate.request(asker, ask);
    if (needsGrant(method)) await gate.require(asker, ask);
    else request.masked = (await gate.state(asker)) !== 'granted';
    if (method === 'measure') await accounts.requireUnpaused(asker);
    if (method === 'generate' || method === 'prefill') {
      request.work = await accounts.begin(asker, method, frame.params);
    }
    return undefined;
  }

  #toEngine(channel: BrokerChannel, frame: RequestFrame, request: Request): void {
    const { toEngine } = this.#options;
    const { name, asker } = channel;
    if (!channel.opened) {
      toEngine({ e: 'open', channel: name, identity: this.#identityOf(asker) });
      channel.opened = true;
      const visible = asker.kind === 'page' && asker.tabId === this.#visibleTab;
      if (visible) toEngine({ e: 'visible', channel: name, visible });
    }
    request.atEngine = true;
    toEngine({ e: 'frame', channel: name, frame });
  }

  #identityOf(asker: ServedAsker): ChannelIdentity {
    if (asker.kind === 'own') return { origin: this.#options.ownOrigin, trusted: true, owner: 'ui' };
    const key = siteKey(asker);
    const owner = asker.private ? `${key}|private ${this.#privateSession}` : key;
    return { origin: asker.origin, trusted: false, owner };
  }

  #endUnlessStopped(channel: BrokerChannel, id: number, request: Request, error: LocalLLMError): void {
    if (!request.stop.signal.aborted) this.#end(channel, id, error);
  }

  /** The last frame of a request; the engine stops working on it. */
  #end(channel: BrokerChannel, id: number, error: LocalLLMError): void {
    const request = channel.requests.get(id);
    const last: UpFrame = { t: 'error', id, error: error.toData() };
    channel.requests.delete(id);
    channel.post(last);
    request?.work?.take(last);
    request?.stop.abort();
    if (!request?.atEngine || !channel.opened) return;
    this.#options.toEngine({ e: 'frame', channel: channel.name, frame: { t: 'cancel', id } });
  }

  /** While a question is open nothing else keeps the background alive, and the asker should see that it waits. */
  #beatWhileAsking(): void {
    this.#heartbeat ??= setInterval(() => {
      let asking = false;
      for (const channel of this.#channels.values()) {
        for (const [id, { atEngine }] of channel.requests) {
          if (atEngine) continue;
          asking = true;
          channel.post({ t: 'heartbeat', id });
        }
      }
      if (asking) return;
      clearInterval(this.#heartbeat);
      this.#heartbeat = undefined;
    }, HEARTBEAT_MS);
  }
}

const CANCELLED: UpFrame = {
  t: 'error',
  id: 0,
  error: new LocalLLMError('aborted', 'The request was cancelled.').toData(),
};
const needsGrant = (method: Method): boolean => ['generate', 'measure', 'prefill'].includes(method);
const runsOnGrant = ({ method, atEngine }: Request): boolean => atEngine && needsGrant(method);

/** An ungranted page learns only whether there is something to ask for. */
function mask(frame: UpFrame): UpFrame {
  const { id } = frame;
  const unavailable: Availability = 'unavailable';
  if (frame.t === 'done') return { t: 'done', id, result: frame.result === unavailable ? unavailable : 'available' };
  return frame.t === 'error' ? { t: 'done', id, result: unavailable } : frame;
}

function refuseBeyond(requested: number): void {
  if (requested <= MAX_OPEN_REQUESTS) return;
  const message = `This page has ${MAX_OPEN_REQUESTS} requests open already. Wait for one to end, or cancel one.`;
  throw new LocalLLMError('quota', message, { details: { requested, quota: MAX_OPEN_REQUESTS } });
}
