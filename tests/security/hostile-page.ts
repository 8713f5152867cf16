/**
 * What hostile pages do before the extension's own script runs in them, and after.
 *
 * @module
 */
// oxlint-disable no-extend-native -- hostile pages do
import type { Page } from '@playwright/test';

interface RawFrame {
  t: string;
  id: number;
  result?: unknown;
  error?: { code: string; message: string };
}

declare global {
  interface Window {
    /** The provider's end of its port, which the page's own `MessageChannel` gave away. */
    stolen?: MessagePort;
    received?: RawFrame[];
    loot?: unknown[];
  }
}

/** For `addInitScript`: from here on every channel that is made is the page's, too. */
export function stealPort(): void {
  const Real = globalThis.MessageChannel;
  window.received = [];
  const { received } = window;
  const Stolen = function () {
    const channel = new Real();
    window.stolen ??= channel.port1;
    channel.port1.addEventListener('message', ({ data }) => void received.push(data as RawFrame));
    return channel;
  };
  globalThis.MessageChannel = Stolen as unknown as typeof MessageChannel;
}

/** For `addInitScript`: every object claims to be trusted, to have a grant, to be from elsewhere. */
export function poisonObjects(): void {
  const claims = {
    origin: 'https://bank.example',
    owner: 'ui',
    trusted: true,
    kind: 'own',
    activation: true,
    t: 'done',
    code: 'granted',
  };
  for (const [name, value] of Object.entries(claims)) {
    Object.defineProperty(Object.prototype, name, { configurable: true, get: () => value, set: () => {} });
  }
  Array.prototype.includes = () => true;
  Map.prototype.get = () => undefined;
  JSON.parse = () => ({ trusted: true });
}

/** In a page that has the provider already: whatever passes through the globals is kept. */
export function overwriteGlobals(): void {
  window.loot = [];
  const { loot } = window;
  const add = (item: unknown) => void (loot[loot.length] = item);
  const keep = (target: object, name: string) => {
    const real = Reflect.get(target, name) as (...args: unknown[]) => unknown;
    Object.defineProperty(target, name, {
      configurable: true,
      writable: true,
      value(this: unknown, ...args: unknown[]) {
        for (const arg of args) add(arg);
        return Reflect.apply(real, this, args);
      },
    });
  };
  keep(MessagePort.prototype, 'postMessage');
  keep(window, 'postMessage');
  keep(Array.prototype, 'push');
  keep(Map.prototype, 'set');
  keep(Object, 'freeze');
  Object.defineProperty(MessageEvent.prototype, 'data', { configurable: true, get: () => add('data') });
  for (const name of ['ReadableStream', 'MessageChannel', 'DOMException', 'Proxy']) {
    Reflect.set(globalThis, name, function Broken() {
      add(name);
      throw new Error(`${name} is the page's`);
    });
  }
}

/** Sends a frame on the stolen port, whatever it is, without a click; resolves with what ends its request. */
export function sendRaw(page: Page, frame: unknown, id: number): Promise<RawFrame> {
  return page.evaluate(
    async ([raw, wanted]) => {
      window.open('about:blank')?.close(); // uses up the click that this call counts as
      window.stolen!.postMessage(raw);
      const ends = ({ t, id: of }: RawFrame) => of === wanted && (t === 'done' || t === 'error');
      for (let turn = 0; turn < 600; turn++) {
        const at = window.received!.findIndex(ends);
        if (at >= 0) return window.received!.splice(at, 1)[0]!;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      throw new Error(`nothing ended request ${wanted}`);
    },
    [frame, id] as const,
  );
}
