import { expect, test, vi } from 'vitest';
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { ErrorData } from '../../engine/protocol/errors.ts';
import type { EngineStatus } from '../../engine/protocol/messages.ts';
import { EngineMonitor } from '../ui/engine/monitor.ts';
import { Lifecycle } from './lifecycle.ts';

class FakeDocument extends EventTarget {
  visibilityState: DocumentVisibilityState = 'visible';
}

interface Setting {
  state?: EngineStatus['state'];
  ios?: boolean;
  pauseMs?: number;
}

/** A page on an engine that loads at once, or fails as often as is said. */
function page({ state = 'ready', ios = true, pauseMs = 0 }: Setting = {}) {
  const window = new EventTarget();
  const document = new FakeDocument();
  const calls: string[] = [];
  const failures: LocalLLMError[] = [];
  let onStatus: (status: EngineStatus) => void = () => {};
  const model = { id: 'small', name: 'Small', contextTokens: 1024 };
  const tell = (now: EngineStatus['state'], error?: ErrorData) =>
    onStatus({ state: now, model, running: 0, waiting: 0, ...(error && { error }) });
  let loading: ((error?: LocalLLMError) => void) | undefined;
  const engine = {
    /** Loads wait for it. */
    gate: undefined as Promise<void> | undefined,
    load: vi.fn(async (id?: string) => {
      calls.push(`load ${id}`);
      tell('loading');
      const stopped = new Promise<void>((_, reject) => (loading = reject));
      const failure = failures.shift();
      try {
        await Promise.race([stopped, engine.gate]);
        if (failure) throw failure;
        tell('ready');
      } catch (error) {
        tell('failed', LocalLLMError.from(error).toData());
        throw error;
      }
    }),
    unload: vi.fn(async () => {
      calls.push('unload');
      loading?.(new LocalLLMError('aborted', 'The model was unloaded.'));
      tell('idle');
    }),
  };
  const client = {
    ...engine,
    watchStatus: (listener: typeof onStatus) => {
      onStatus = listener;
      tell(state);
      return new Promise<void>(() => {});
    },
  };
  const monitor = new EngineMonitor(client as never);
  const session = { interrupt: () => void calls.push('interrupt') };
  const lifecycle = new Lifecycle({ window, document, session, client, monitor, releasesWhenHidden: ios, pauseMs });
  monitor.start();
  const stop = lifecycle.start();
  const hide = () => {
    document.visibilityState = 'hidden';
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const show = () => {
    document.visibilityState = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
  };
  const transition = (type: 'pagehide' | 'pageshow', persisted: boolean) =>
    window.dispatchEvent(Object.assign(new Event(type), { persisted }));
  const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
  return { document, engine, monitor, calls, failures, hide, show, transition, settle, stop, tell };
}

const lost = () => new LocalLLMError('no-adapter', 'The browser offers no GPU.');

test('hidden, the answer is stopped before the GPU is given back, at once; shown, the same model is loaded', async () => {
  const { hide, show, calls, settle } = page();
  hide();
  expect(calls).toEqual(['interrupt', 'unload']);
  await settle();
  show();
  expect(calls.slice(2)).toEqual(['load small']);
  await settle();
  hide();
  show();
  expect(calls.slice(3)).toEqual(['interrupt', 'unload', 'load small']);
});

test('an engine that was not loaded stays as it was', async () => {
  const { hide, show, calls, settle } = page({ state: 'idle' });
  hide();
  show();
  await settle();
  expect(calls).toEqual(['interrupt']);
});

test('elsewhere a hidden page goes on, and one that is frozen or kept for a way back does not', async () => {
  const { hide, show, transition, document, calls, settle } = page({ ios: false });
  hide();
  show();
  transition('pageshow', false);
  expect(calls).toEqual([]);
  transition('pagehide', false);
  expect(calls.splice(0)).toEqual(['interrupt']);
  transition('pagehide', true);
  transition('pageshow', true);
  expect(calls.splice(0)).toEqual(['interrupt', 'unload', 'load small']);
  await settle();
  document.dispatchEvent(new Event('freeze'));
  document.dispatchEvent(new Event('resume'));
  expect(calls).toEqual(['interrupt', 'unload', 'load small']);
});

test('hidden, frozen and put away, it is given back once and loaded once', async () => {
  const { hide, show, transition, document, calls, settle } = page();
  hide();
  document.dispatchEvent(new Event('freeze'));
  transition('pagehide', true);
  transition('pageshow', true);
  document.dispatchEvent(new Event('resume'));
  expect(calls.filter((call) => call !== 'interrupt')).toEqual(['unload']);
  show();
  await settle();
  expect(calls.filter((call) => call !== 'interrupt')).toEqual(['unload', 'load small']);
});

test('one failure is tried again; a second in a row waits for a tap, and showing it again does not load', async () => {
  const { hide, show, calls, failures, monitor, settle } = page();
  failures.push(lost());
  hide();
  show();
  await settle();
  expect(calls.filter((call) => call === 'load small')).toHaveLength(2);
  expect(monitor.value.status?.state).toBe('ready');

  failures.push(lost(), lost());
  calls.length = 0;
  hide();
  show();
  await settle();
  expect(calls.filter((call) => call === 'load small')).toHaveLength(2);
  const { state, error } = monitor.value.status!;
  expect([state, error?.code]).toEqual(['failed', 'device-lost']);
  expect(error?.message).toContain('The browser offers no GPU.');

  calls.length = 0;
  hide();
  show();
  await settle();
  expect(calls).toEqual(['interrupt']);
  await monitor.restart();
  expect(monitor.value.status?.state).toBe('ready');
  hide();
  show();
  await settle();
  expect(calls.at(-1)).toBe('load small');
  expect(monitor.value.status?.state).toBe('ready');
});

test('failures of two returns count together', async () => {
  vi.useFakeTimers();
  const { hide, show, failures, calls, monitor } = page({ pauseMs: 1_000 });
  const loads = () => calls.filter((call) => call === 'load small').length;
  failures.push(lost(), lost());
  hide();
  show();
  await vi.advanceTimersByTimeAsync(500);
  hide();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(loads()).toBe(1);
  show();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(loads()).toBe(2);
  expect(monitor.value.status?.error?.code).toBe('device-lost');
  vi.useRealTimers();
});

test('hidden while it is loaded again, that is stopped and counts for nothing', async () => {
  const { hide, show, engine, calls, monitor, settle } = page();
  const { promise, resolve } = Promise.withResolvers<void>();
  engine.gate = promise;
  hide();
  show();
  for (let time = 0; time < 3; time++) {
    hide();
    await settle();
    show();
    await settle();
  }
  expect(calls.filter((call) => call === 'unload')).toHaveLength(4);
  resolve();
  await settle();
  expect(monitor.value.status?.state).toBe('ready');
  expect(calls.at(-1)).toBe('load small');
});

test('a load that begins only after the person went is stopped, and done when the person is back', async () => {
  const { hide, show, tell, calls, settle } = page({ state: 'idle' });
  hide();
  tell('loading');
  expect(calls).toEqual(['interrupt', 'unload']);
  await settle();
  show();
  await settle();
  expect(calls.slice(2)).toEqual(['load small']);
});

test('what the person stops is not loaded again', async () => {
  const { hide, show, engine, calls, settle } = page();
  engine.gate = new Promise(() => {});
  hide();
  show();
  await settle();
  await engine.unload();
  await settle();
  expect(calls.filter((call) => call === 'load small')).toHaveLength(1);
});

test('after its end nothing is heard any more', () => {
  const { hide, calls, stop } = page();
  stop();
  hide();
  expect(calls).toEqual([]);
});
