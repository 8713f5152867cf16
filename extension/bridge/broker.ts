/**
 * Between askers and the engine: says who each channel is, lets pages through their grant, and makes sure that every request
 * ends in exactly one `done` or `error`, even when the engine's document vanishes.
 *
 * @module
 */
import { readDownFrame } from '../../engine/protocol/checks.ts';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import { HEARTBEAT_MS, MAX_OPEN_REQUESTS, PAGE_METHODS } from '../../engine/protocol/messages.ts';
import type { Availability, DownEnvelope, DownFrame, Method, UpFrame } from '../../engine/protocol/messages.ts';
import type { PermissionGate } from '../permissions/gate.ts';
import type { Asker } from './sender.ts';

export interface BrokerOptions {
  gate: Pick<PermissionGate, 'state' | 'require' | 'request'>;
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
}
type RequestFrame = Extract<DownFrame, { t: 'request' }>;

/** One connected asker. */
export class BrokerChannel {
  readonly name = crypto.randomUUID();
  readonly asker: Exclude<Asker, { kind: 'refused' }>;
  readonly post: (frame: UpFrame) => void;
  readonly requests = new Map<number, Request>();
  /** Whether the engine knows this channel. */
  opened = false;

  constructor(asker: Exclude<Asker, { kind: 'refused' }>, post: (frame: UpFrame) => void) {
    this.asker = asker;
    this.post = post;
  }
}

export class Broker {
  readonly #options: BrokerOptions;
  readonly #channels = new Map<string, BrokerChannel>();
  #heartbeat: ReturnType<typeof setInterval> | undefined;

  constructor(options: BrokerOptions) {
    this.#options = options;
  }

  connect(asker: Exclude<Asker, { kind: 'refused' }>, post: (frame: UpFrame) => void): BrokerChannel {
    const channel = new BrokerChannel(asker, post);
    this.#channels.set(channel.name, channel);
    return channel;
  }

  disconnect(channel: BrokerChannel): void {
    if (!this.#channels.delete(channel.name)) return;
    const requests = [...channel.requests.values()];
    channel.requests.clear();
    for (const { stop } of requests) stop.abort();
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
    const request = channel?.requests.get(frame.id);
    if (!channel || !request) return;
    if (frame.t === 'done' || frame.t === 'error') channel.requests.delete(frame.id);
    channel.post(request.masked ? mask(frame) : frame);
  }

  /** The engine's document or worker is gone, and every channel in it. */
  engineLost(error: LocalLLMError): void {
    for (const channel of this.#channels.values()) {
      channel.opened = false;
      for (const [id, { atEngine }] of channel.requests) if (atEngine) this.#end(channel, id, error);
    }
  }

  /** Grants changed: what runs without one ends now. */
  async recheck(): Promise<void> {
    for (const channel of this.#channels.values()) {
      const { asker } = channel;
      if (asker.kind !== 'page' || ![...channel.requests.values()].some(runsOnGrant)) continue;
      if ((await this.#options.gate.state(asker)) === 'granted') continue;
      const error = new LocalLLMError(
        'not-allowed',
        `The permission of ${asker.origin} to use localLLM was withdrawn.`,
      );
      for (const [id, request] of channel.requests) if (runsOnGrant(request)) this.#end(channel, id, error);
    }
  }

  async #begin(channel: BrokerChannel, frame: RequestFrame): Promise<void> {
    const { id, method } = frame;
    const request: Request = { method, atEngine: false, masked: false, stop: new AbortController() };
    try {
      refuseBeyond(channel.requests.size + 1);
      channel.requests.set(id, request);
      this.#beatWhileAsking();
      const answer = await this.#admit(channel, frame, request);
      if (channel.requests.get(id) !== request) return;
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
    const { gate } = this.#options;
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
    return undefined;
  }

  #toEngine(channel: BrokerChannel, frame: RequestFrame, request: Request): void {
    const { toEngine, ownOrigin } = this.#options;
    const { name, asker } = channel;
    if (!channel.opened) {
      const trusted = asker.kind === 'own';
      const origin = asker.kind === 'own' ? ownOrigin : asker.origin;
      toEngine({ e: 'open', channel: name, identity: { origin, trusted, owner: trusted ? 'ui' : origin } });
      channel.opened = true;
    }
    request.atEngine = true;
    toEngine({ e: 'frame', channel: name, frame });
  }

  #endUnlessStopped(channel: BrokerChannel, id: number, request: Request, error: LocalLLMError): void {
    if (!request.stop.signal.aborted) this.#end(channel, id, error);
  }

  /** The last frame of a request; the engine stops working on it. */
  #end(channel: BrokerChannel, id: number, error: LocalLLMError): void {
    const request = channel.requests.get(id);
    channel.requests.delete(id);
    channel.post({ t: 'error', id, error: error.toData() });
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
