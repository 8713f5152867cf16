/**
 * One engine for all windows of the web app: the window that holds a Web Lock runs it, the others reach it through a BroadcastChannel
 * of this origin. When that window goes, its lock passes to the next one, which runs a new engine; what was asked of the old one ends
 * with `disconnected`.
 *
 * A window also holds a lock of its own name for as long as it lives, so that the engine's window sees it go. Windows with locks are not
 * frozen by the browser.
 *
 * @module
 */
import type { Connect, ConnectHandlers, Link } from '../../engine/client/index.ts';
import { type ErrorData, LocalLLMError } from '../../engine/protocol/errors.ts';
import type { DownFrame, UpFrame } from '../../engine/protocol/messages.ts';

/** Between windows. `link` names one connection of the window `from`. */
export type WindowMessage =
  /** A window runs the engine from now on. */
  | { t: 'leads'; leader: string }
  | { t: 'open'; from: string; link: number }
  | { t: 'opened'; to: string; link: number; leader: string }
  | { t: 'down'; from: string; link: number; frame: DownFrame }
  | { t: 'close'; from: string; link: number }
  | { t: 'up'; to: string; link: number; frame: UpFrame }
  | { t: 'closed'; to: string; link: number; error: ErrorData };

/** What is needed of a BroadcastChannel. */
export interface WindowChannel {
  postMessage(message: WindowMessage): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<WindowMessage>) => void): void;
}

/** Begins the names of the locks; also the channel's name. */
export const ENGINE_WINDOWS = 'localllm-engine';

export interface ShareOptions {
  /** Connects to an engine in this window; starts it at the first connection. */
  local: Connect;
  locks: Pick<LockManager, 'request'>;
  channel: WindowChannel;
  /** Windows of another one have an engine of their own: they speak differently. */
  version: string;
  /** Names this window among the others. */
  id?: string;
}

const GONE = 'The window that ran the model was closed. Ask again: this one goes on.';
const windowLock = (id: string): string => `${ENGINE_WINDOWS}:${id}`;
const forever = new Promise<never>(() => {});

/** Where a connection's frames go. */
interface Way {
  /** The window that has the engine. */
  leader: string;
  link: Link;
}

/** One of this window's connections. */
interface Connection {
  handlers: ConnectHandlers;
  way: Way | undefined;
  /** Frames until there is a way. */
  waiting: DownFrame[];
}

/** The engine of this window, for the others. */
class Guests {
  readonly #options: Required<ShareOptions>;
  readonly #links = new Map<string, Map<number, Link>>();

  constructor(options: Required<ShareOptions>) {
    this.#options = options;
  }

  hear(message: WindowMessage): void {
    if (message.t === 'open') return this.#open(message.from, message.link);
    if (message.t !== 'down' && message.t !== 'close') return;
    const links = this.#links.get(message.from);
    const link = links?.get(message.link);
    if (message.t === 'down') return link?.send(message.frame);
    links?.delete(message.link);
    link?.close();
  }

  #open(from: string, link: number): void {
    const { channel, local, id } = this.#options;
    const links = this.#linksOf(from);
    if (links.has(link)) return;
    const closed = (error: LocalLLMError): void => {
      links.delete(link);
      channel.postMessage({ t: 'closed', to: from, link, error: error.toData() });
    };
    try {
      const onFrame = (frame: UpFrame): void => channel.postMessage({ t: 'up', to: from, link, frame });
      const onClose = (error?: LocalLLMError): void => closed(error ?? new LocalLLMError('disconnected', GONE));
      links.set(link, local({ onFrame, onClose }));
      channel.postMessage({ t: 'opened', to: from, link, leader: id });
    } catch (error) {
      closed(LocalLLMError.from(error, 'disconnected'));
    }
  }

  /** The connections of a window, until it goes: then its lock is free. */
  #linksOf(from: string): Map<number, Link> {
    const known = this.#links.get(from);
    if (known) return known;
    const links = new Map<number, Link>();
    this.#links.set(from, links);
    void this.#options.locks.request(windowLock(from), () => {
      this.#links.delete(from);
      for (const link of links.values()) link.close();
    });
    return links;
  }
}

class EngineShare {
  readonly #options: Required<ShareOptions>;
  readonly #connections = new Map<number, Connection>();
  /** Once this window leads. */
  #guests: Guests | undefined;
  /** Whether this window's own lock is held. */
  #held = false;
  #count = 0;

  constructor(options: Required<ShareOptions>) {
    this.#options = options;
    const { channel, locks, id, version } = options;
    channel.addEventListener('message', ({ data }) => (this.#guests ? this.#guests.hear(data) : this.#hear(data)));
    // Before anything is said: who answers this window waits for its lock to see it go.
    void locks.request(windowLock(id), () => {
      this.#held = true;
      for (const [number, { way }] of this.#connections) if (!way) this.#knock(number);
      return forever;
    });
    void locks.request(`${ENGINE_WINDOWS} ${version}`, () => {
      this.#guests = new Guests(options);
      channel.postMessage({ t: 'leads', leader: id });
      this.#follow(id);
      return forever;
    });
  }

  connect(handlers: ConnectHandlers): Link {
    const number = ++this.#count;
    this.#connections.set(number, { handlers, way: undefined, waiting: [] });
    this.#knock(number);
    return {
      send: (frame) => {
        const connection = this.#connections.get(number);
        if (connection?.way) connection.way.link.send(frame);
        else connection?.waiting.push(frame);
      },
      close: () => {
        const connection = this.#connections.get(number);
        this.#connections.delete(number);
        if (connection) (connection.way?.link ?? this.#linkTo(number)).close();
      },
    };
  }

  /** Asks for a way: here where this window leads, else of the one that does, which need not have come yet. */
  #knock(number: number): void {
    if (this.#guests) this.#connectHere(number);
    else if (this.#held) this.#options.channel.postMessage({ t: 'open', from: this.#options.id, link: number });
  }

  #connectHere(number: number): void {
    const handlers = this.#connections.get(number)?.handlers;
    if (!handlers) return;
    try {
      const onClose: ConnectHandlers['onClose'] = (error) => this.#end(number, error);
      const link = this.#options.local({ onFrame: handlers.onFrame, onClose });
      this.#settle(number, { leader: this.#options.id, link });
    } catch (error) {
      this.#end(number, LocalLLMError.from(error, 'disconnected'));
    }
  }

  /** The connection `number` of this window, at the window that leads. */
  #linkTo(number: number): Link {
    const { channel, id } = this.#options;
    return {
      send: (frame) => channel.postMessage({ t: 'down', from: id, link: number, frame }),
      close: () => channel.postMessage({ t: 'close', from: id, link: number }),
    };
  }

  /** A window leads from now on: this one, or another. What an earlier one had is lost. */
  #follow(leader: string): void {
    for (const [number, { way }] of this.#connections) {
      if (!way) this.#knock(number);
      else if (way.leader !== leader) this.#end(number, new LocalLLMError('disconnected', GONE));
    }
  }

  #hear(message: WindowMessage): void {
    if (message.t === 'leads') return this.#follow(message.leader);
    if (!('to' in message) || message.to !== this.#options.id) return;
    const { link } = message;
    if (message.t === 'up') this.#connections.get(link)?.handlers.onFrame(message.frame);
    else if (message.t === 'closed') this.#end(link, LocalLLMError.fromData(message.error));
    else this.#settle(link, { leader: message.leader, link: this.#linkTo(link) });
  }

  #settle(number: number, way: Way): void {
    const connection = this.#connections.get(number);
    if (!connection || connection.way) return;
    connection.way = way;
    for (const frame of connection.waiting.splice(0)) way.link.send(frame);
  }

  #end(number: number, error?: LocalLLMError): void {
    const connection = this.#connections.get(number);
    this.#connections.delete(number);
    connection?.handlers.onClose(error);
  }
}

/** Connects to the engine of all windows. */
export function shareEngine(options: ShareOptions): Connect {
  const share = new EngineShare({ id: crypto.randomUUID(), ...options });
  return (handlers) => share.connect(handlers);
}
