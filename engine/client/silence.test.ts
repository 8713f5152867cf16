/** What happens when nobody speaks any more. The clock is the test's. */
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { DownFrame } from '../protocol/messages.ts';
import type { ConnectHandlers } from './channel.ts';

vi.hoisted(() => vi.useFakeTimers());
const { createClient } = await import('./client.ts');
const { WorkerWatch } = await import('./worker-watch.ts');
const { HEARTBEAT_MS } = await import('../protocol/messages.ts');
const { ASKER_BEATS, WORKER_BEATS } = await import('../protocol/silence.ts');

afterAll(() => void vi.useRealTimers());
const beats = (count: number) => vi.advanceTimersByTime(count * HEARTBEAT_MS);

describe('a client', () => {
  function connected() {
    const sent: DownFrame[] = [];
    const links: ConnectHandlers[] = [];
    let closed = 0;
    const client = createClient((handlers) => {
      links.push(handlers);
      return { send: (frame) => void sent.push(frame), close: () => void closed++ };
    });
    const settled = vi.fn<(outcome: unknown) => void>();
    const ask = () => void client.answer('hi').then(settled, settled);
    return { ask, settled, sent, links, closed: () => closed, onFrame: () => links.at(-1)!.onFrame };
  }

  test('waits as long as there are heartbeats, and gives up when they stay away', async () => {
    const at = connected();
    at.ask();
    for (let i = 0; i < 5; i++) {
      beats(ASKER_BEATS - 1);
      at.onFrame()({ t: 'heartbeat', id: 1 });
    }
    beats(ASKER_BEATS - 1);
    await Promise.resolve();
    expect(at.settled).not.toHaveBeenCalled();
    beats(1);
    await vi.waitFor(() => expect(at.settled).toHaveBeenCalledTimes(1));
    expect(at.settled.mock.calls[0]![0]).toMatchObject({ code: 'disconnected' });
    expect(at.sent.at(-1)).toEqual({ t: 'cancel', id: 1 });
    expect([at.closed(), vi.getTimerCount()]).toEqual([1, 0]);
    at.ask();
    expect(at.links).toHaveLength(2); // a connection of its own
    at.onFrame()({ t: 'done', id: 2, result: 'answer' });
    await vi.waitFor(() => expect(at.settled).toHaveBeenLastCalledWith('answer'));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('gives up one request that nobody knows, and keeps the others', async () => {
    const at = connected();
    at.ask();
    at.ask();
    for (let i = 0; i < ASKER_BEATS; i++) {
      at.onFrame()({ t: 'heartbeat', id: 2 });
      beats(1);
    }
    await vi.waitFor(() => expect(at.settled).toHaveBeenCalledTimes(1));
    expect(at.closed()).toBe(0);
    at.onFrame()({ t: 'done', id: 2, result: 'answer' });
    await vi.waitFor(() => expect(at.settled).toHaveBeenLastCalledWith('answer'));
  });

  test('that slept or was frozen has missed nothing', async () => {
    const at = connected();
    at.ask();
    vi.setSystemTime(Date.now() + 3_600_000);
    beats(1);
    await Promise.resolve();
    expect(at.settled).not.toHaveBeenCalled();
    at.onFrame()({ t: 'done', id: 1, result: 'answer' });
    await vi.waitFor(() => expect(at.settled).toHaveBeenCalledWith('answer'));
  });
});

describe("an engine's worker", () => {
  const request = (channel: string, id: number) =>
    ({ e: 'frame', channel, frame: { t: 'request', id, method: 'generate' } }) as const;

  test('hangs when it has requests and says nothing at all', () => {
    const onHung = vi.fn<() => void>();
    const watch = new WorkerWatch(onHung);
    beats(100); // nobody asked
    watch.down(request('a', 1));
    watch.down(request('b', 1));
    beats(WORKER_BEATS - 1);
    watch.up({ e: 'frame', channel: 'b', frame: { t: 'heartbeat', id: 1 } });
    beats(WORKER_BEATS - 1);
    expect(onHung).not.toHaveBeenCalled();
    beats(1);
    expect(onHung).toHaveBeenCalledTimes(1);
  });

  test('may be silent when it has nothing to do', () => {
    const onHung = vi.fn<() => void>();
    const watch = new WorkerWatch(onHung);
    watch.down(request('a', 1));
    watch.down(request('a', 2));
    watch.up({ e: 'frame', channel: 'a', frame: { t: 'done', id: 1, result: undefined } });
    watch.down({ e: 'close', channel: 'a' });
    watch.down(request('b', 1));
    watch.end();
    expect(vi.getTimerCount()).toBe(0);
    beats(100);
    expect(onHung).not.toHaveBeenCalled();
  });
});
