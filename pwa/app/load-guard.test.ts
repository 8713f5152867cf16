import { expect, test } from 'vitest';
import type { EngineStatus } from '../../engine/protocol/messages.ts';
import { EngineMonitor } from '../ui/engine/monitor.ts';
import { guardLoads } from './load-guard.ts';

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
}

/** A page that is opened on what an earlier one left behind. */
function opened(kept: Map<string, string>) {
  const loads: string[] = [];
  let tell: (state: EngineStatus['state']) => void = () => {};
  const client = {
    load: async () => void loads.push('load'),
    unload: async () => {},
    watchStatus: (listener: (status: EngineStatus) => void) => {
      tell = (state) => listener({ state, running: 0, waiting: 0 });
      tell('idle');
      return new Promise<void>(() => {});
    },
  };
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const monitor = new EngineMonitor(client as never);
  const window = new EventTarget();
  const document = new FakeDocument();
  guardLoads({ monitor, storage, window, document });
  monitor.start();
  monitor.preload();
  return { monitor, loads, tell: (state: EngineStatus['state']) => tell(state), window, document };
}

test('a model that ended the page twice in a row is not loaded a third time before the person asks', async () => {
  const kept = new Map<string, string>();
  for (let time = 0; time < 2; time++) {
    const { loads, tell } = opened(kept);
    expect(loads).toHaveLength(1);
    tell('loading'); // and here the page ends
  }
  const third = opened(kept);
  expect(third.loads).toEqual([]);
  expect(third.monitor.value.status).toMatchObject({ state: 'failed', error: { code: 'out-of-memory' } });

  await third.monitor.restart();
  expect(third.loads).toHaveLength(1);
  third.tell('loading');
  expect(opened(kept).loads).toEqual([]);
  third.tell('ready');
  expect(opened(kept).loads).toHaveLength(1);
});

test('a page that fails, is left or hidden while it loads did not end by the model', () => {
  const kept = new Map<string, string>();
  const failed = opened(kept);
  failed.tell('loading');
  failed.tell('failed');
  expect(kept.size).toBe(0);
  failed.tell('loading');
  failed.window.dispatchEvent(new Event('pagehide'));
  expect(kept.size).toBe(0);
  failed.tell('loading');
  expect(kept.size).toBe(1);
  failed.document.visibilityState = 'hidden';
  failed.document.dispatchEvent(new Event('visibilitychange'));
  expect(kept.size).toBe(0);
  // Its last words, on the way when the page was hidden.
  failed.tell('loading');
  expect(kept.size).toBe(0);
});
