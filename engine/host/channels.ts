/**
 * Who is connected, what each asked, and how much of that an owner may have open at once.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import { MAX_OPEN_GENERATES, MAX_OPEN_REQUESTS, PAGE_METHODS } from '../protocol/messages.ts';
import type { ChannelIdentity, GenerateParams, Method, Methods } from '../protocol/messages.ts';
import type { ModelSettings } from '../protocol/models.ts';
import type { DeltaPipe } from './delta-pipe.ts';

export interface Request {
  method: Method;
  stop: AbortController;
  deltas?: DeltaPipe;
}

export interface Channel {
  name: string;
  identity: ChannelIdentity;
  /** Whether the person sees its tab. */
  visible: boolean;
  requests: Map<number, Request>;
}

/** One request as a handler sees it. */
export interface Call {
  channel: Channel;
  id: number;
  request: Request;
}

/** Methods that compute on the GPU. */
const COMPUTING: readonly Method[] = ['generate', 'prefill'];

export class Channels {
  readonly #open = new Map<string, Channel>();

  get(name: string): Channel | undefined {
    return this.#open.get(name);
  }

  add(name: string, identity: ChannelIdentity): void {
    this.#open.set(name, { name, identity, visible: false, requests: new Map() });
  }

  /** Forgets a channel and stops its work. */
  remove(name: string): void {
    const channel = this.#open.get(name);
    if (!channel) return;
    this.#open.delete(name);
    const requests = [...channel.requests.values()];
    channel.requests.clear();
    for (const { stop } of requests) stop.abort();
  }

  [Symbol.iterator](): Iterator<Channel> {
    return this.#open.values();
  }

  *calls(): Generator<Call> {
    for (const channel of this.#open.values()) {
      for (const [id, request] of channel.requests) yield { channel, id, request };
    }
  }

  /**
   * Whether a channel may begin one more request; its owner's other channels count, too.
   * @throws LocalLLMError not-allowed, quota
   */
  check({ identity }: Channel, method: Method): void {
    if (!identity.trusted && !PAGE_METHODS.includes(method)) {
      throw new LocalLLMError('not-allowed', `${method} is not available to pages. Open localLLM's own settings.`);
    }
    const methods: Method[] = [];
    for (const { channel, request } of this.calls()) {
      if (channel.identity.owner === identity.owner) methods.push(request.method);
    }
    refuseBeyond(MAX_OPEN_REQUESTS, methods.length + 1, 'requests');
    if (!COMPUTING.includes(method)) return;
    refuseBeyond(MAX_OPEN_GENERATES, methods.filter((open) => COMPUTING.includes(open)).length + 1, 'answers');
  }
}

/** What the engine is to do, for whom, below what is asked for as the person set it; how urgent it is may change while it lasts. */
export function workOf(
  { channel, request }: Call,
  { input, options }: Methods['prefill']['params'],
  { sampling }: ModelSettings,
) {
  return {
    input,
    options: { ...sampling, ...given(options) },
    owner: channel.identity.owner,
    get priority(): number {
      return priorityOf(channel);
    },
    signal: request.stop.signal,
  };
}

/** What is undefined was not asked for. */
const given = (options: GenerateParams): GenerateParams =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));

/** How urgent its work is: the person's own first, then what the person looks at. */
function priorityOf({ identity, visible }: Channel): number {
  return identity.trusted ? 0 : visible ? 1 : 2;
}

function refuseBeyond(quota: number, requested: number, what: string): void {
  if (requested <= quota) return;
  const message = `This site has ${quota} ${what} open already, in all its tabs together. Wait for one to end, or cancel one.`;
  throw new LocalLLMError('quota', message, { details: { requested, quota } });
}
