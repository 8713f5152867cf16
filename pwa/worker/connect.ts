/**
 * Connects the web app's UI with the engine's worker, and starts another worker when one dies.
 *
 * @module
 */
import { LocalLLMError } from '../../engine/protocol/errors.ts';
import type { ConnectHandlers, Connect } from '../../engine/client/index.ts';
import { WorkerWatch } from '../../engine/client/worker-watch.ts';
import type { DownEnvelope, UpEnvelope } from '../../engine/protocol/messages.ts';
import { ENGINE_WINDOWS, shareEngine } from './share.ts';

interface Running {
  post(envelope: DownEnvelope): void;
  channels: Map<string, ConnectHandlers>;
}

/**
 * The one engine of all windows of this version of the web app. Where the system takes the GPU from hidden windows, each has its own.
 */
export function connectToEngine(version: string, takesGpuWhenHidden: boolean): Connect {
  const local = connectToWorker();
  const { locks } = navigator as Partial<Navigator>;
  if (takesGpuWhenHidden || !locks || !('BroadcastChannel' in globalThis)) return local;
  const channel = new BroadcastChannel(`${ENGINE_WINDOWS} ${version}`);
  return shareEngine({ local, locks, channel, version });
}

/** All connections share one worker of this window, started at the first one. */
export function connectToWorker(): Connect {
  let running: Running | undefined;
  let count = 0;
  return (handlers) => {
    running ??= start(() => (running = undefined));
    const { post, channels } = running;
    const channel = `ui-${++count}`;
    channels.set(channel, handlers);
    post({ e: 'open', channel, identity: { origin: location.origin, trusted: true, owner: 'ui' } });
    return {
      send: (frame) => post({ e: 'frame', channel, frame }),
      close() {
        if (channels.delete(channel)) post({ e: 'close', channel });
      },
    };
  };
}

function start(onLost: () => void): Running {
  const worker = new Worker(new URL('../../engine/host/worker.ts', import.meta.url), {
    type: 'module',
    name: 'localLLM engine',
  });
  const channels: Running['channels'] = new Map();
  const watch = new WorkerWatch(() => lose('The engine no longer answered. Ask again to start it anew.'));
  let lost = false;
  const lose = (message: string) => {
    if (lost) return;
    lost = true;
    worker.terminate();
    watch.end();
    onLost();
    const handlers = [...channels.values()];
    channels.clear();
    for (const { onClose } of handlers) onClose(new LocalLLMError('disconnected', message));
  };
  worker.addEventListener('message', ({ data }: MessageEvent<UpEnvelope>) => {
    if (lost) return;
    watch.up(data);
    if (data.e === 'frame') channels.get(data.channel)?.onFrame(data.frame);
    else lose(data.message);
  });
  worker.addEventListener('error', ({ message }) => {
    lose(`The engine's worker stopped: ${message || 'it could not be started'}. Ask again to start another one.`);
  });
  worker.addEventListener('messageerror', () =>
    lose('The engine sent something unreadable. Ask again to start it anew.'),
  );
  const baseUrl = new URL('.', document.baseURI).href;
  const post = (envelope: DownEnvelope) => {
    if (lost) return;
    watch.down(envelope);
    worker.postMessage(envelope);
  };
  post({ e: 'configure', baseUrl });
  return { post, channels };
}
