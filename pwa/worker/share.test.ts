import { afterEach, expect, test } from 'vitest';
import type { ConnectHandlers } from '../../engine/client/index.ts';
import { Channel } from '../../engine/client/channel.ts';
import type { DownFrame } from '../../engine/protocol/messages.ts';
import { shareEngine, type WindowMessage } from './share.ts';

/** A browser with Web Locks and a channel between its windows. */
class FakeBrowser {
  readonly #locks = new Map<string, (() => void)[]>();
  readonly #held = new Map<string, FakeWindow>();
  readonly windows: FakeWindow[] = [];

  open(): FakeWindow {
    const opened = new FakeWindow(this);
    this.windows.push(opened);
    return opened;
  }

  /** Everything of the window ends at once. */
  close(gone: FakeWindow): void {
    this.windows.splice(this.windows.indexOf(gone), 1);
    gone.gone = true;
    for (const [name, holder] of this.#held) if (holder === gone) this.#release(name);
  }

  request(name: string, by: FakeWindow, work: () => unknown): void {
    const run = (): void => {
      if (by.gone) return this.#release(name);
      this.#held.set(name, by);
      const result = work();
      if (!(result instanceof Promise)) this.#release(name);
    };
    if (this.#held.has(name)) this.#locks.set(name, [...(this.#locks.get(name) ?? []), run]);
    else setImmediate(() => (this.#held.has(name) ? this.request(name, by, work) : run()));
  }

  #release(name: string): void {
    this.#held.delete(name);
    this.#locks.get(name)?.shift()?.();
  }
}

class FakeWindow {
  gone = false;
  readonly listeners: ((event: MessageEvent<WindowMessage>) => void)[] = [];
  /** Connections to the engine of this window. */
  readonly served: { handlers: ConnectHandlers; frames: DownFrame[]; closed: boolean }[] = [];
  readonly client: Channel;

  constructor(browser: FakeBrowser) {
    const connect = shareEngine({
      version: '1',
      local: (handlers) => {
        const link = { handlers, frames: [] as DownFrame[], closed: false };
        this.served.push(link);
        return { send: (frame) => void link.frames.push(frame), close: () => void (link.closed = true) };
      },
      locks: {
        request: ((name: string, work: () => unknown) => {
          browser.request(name, this, work);
          return new Promise(() => {});
        }) as LockManager['request'],
      },
      channel: {
        postMessage: (data) => {
          for (const other of browser.windows) {
            if (other === this) continue;
            setImmediate(() => {
              if (!other.gone) for (const hear of other.listeners) hear({ data } as MessageEvent<WindowMessage>);
            });
          }
        },
        addEventListener: (_, listener) => void this.listeners.push(listener),
      },
    });
    this.client = new Channel(connect);
  }

  /** Answers the latest request of a connection. */
  answer(at: number, result: unknown): void {
    const { handlers, frames } = this.served[at]!;
    handlers.onFrame({ t: 'done', id: frames.at(-1)!.id, result });
  }
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
};
let browser = new FakeBrowser();
afterEach(() => {
  for (const { client } of browser.windows) client.close();
  browser = new FakeBrowser();
});

test('a window alone runs the engine itself, and loses nothing that was asked before it could', async () => {
  const only = browser.open();
  const asked = only.client.request('availability', undefined).done;
  await settled();
  only.answer(0, 'available');
  expect(await asked).toBe('available');
});

test('two windows share one engine', async () => {
  const [first, second] = [browser.open(), browser.open()];
  const asked = [first, second].map(({ client }) => client.request('availability', undefined).done);
  await settled();
  expect(first.served).toHaveLength(2);
  expect(second.served).toEqual([]);
  first.answer(0, 'downloading');
  first.answer(1, 'available');
  expect(await Promise.all(asked)).toEqual(['downloading', 'available']);
});

test('when the window of the engine goes, another one goes on, and says what was lost', async () => {
  const [first, second, third] = [browser.open(), browser.open(), browser.open()];
  const lost = [second, third].map(({ client }) => client.request('availability', undefined).done);
  const errors = Promise.allSettled(lost);
  await settled();
  expect(first.served).toHaveLength(2);
  browser.close(first);
  await settled();
  for (const outcome of await errors) expect(outcome).toMatchObject({ reason: { code: 'disconnected' } });

  const again = [second, third].map(({ client }) => client.request('availability', undefined).done);
  await settled();
  expect([second.served.length, third.served.length]).toEqual([2, 0]);
  second.answer(0, 'available');
  second.answer(1, 'available');
  expect(await Promise.all(again)).toEqual(['available', 'available']);
});

test('a window that goes leaves no work behind in the engine', async () => {
  const [first, second] = [browser.open(), browser.open()];
  void second.client.request('availability', undefined).done.catch(() => {});
  await settled();
  expect(first.served.map(({ closed }) => closed)).toEqual([false]);
  browser.close(second);
  await settled();
  expect(first.served.map(({ closed }) => closed)).toEqual([true]);
});

test('an engine that ends closes the connections of all windows', async () => {
  const [first, second] = [browser.open(), browser.open()];
  const asked = second.client.request('availability', undefined).done;
  const outcome = Promise.allSettled([asked]);
  await settled();
  first.served[0]!.handlers.onClose();
  expect(await outcome).toMatchObject([{ reason: { code: 'disconnected' } }]);
  const again = second.client.request('availability', undefined).done;
  await settled();
  first.answer(1, 'available');
  expect(await again).toBe('available');
});
