/**
 * The worker's entry: envelopes in, envelopes out. Serves the offscreen document and the PWA alike.
 *
 * The first message is `configure`; whatever arrives before it waits.
 *
 * @module
 */
import { FILE_EXCHANGE } from '../protocol/files.ts';
import type { DownEnvelope, UpEnvelope } from '../protocol/messages.ts';
import { createEngine } from '../runtime/create-engine.ts';
import { readDevice } from '../runtime/fit.ts';
import { createProfiler } from '../runtime/profile.ts';
import { loadCatalog } from '../store/catalog.ts';
import { ModelStore } from '../store/model-store.ts';
import { createHost } from './host.ts';
import type { Host } from './host.ts';
import { measureSpeed } from './speed-check.ts';

const scope = globalThis as unknown as DedicatedWorkerGlobalScope;
const early: Exclude<DownEnvelope, { e: 'configure' }>[] = [];
let host: Host | undefined;

function configure(baseUrl: string): void {
  host ??= createHost({
    createEngine: () => createEngine(),
    createProfiler: () => createProfiler(),
    openStore: () => ModelStore.open({ baseUrl }),
    fetch: (input, init) => fetch(input, init),
    openFileChannel: () => new BroadcastChannel(FILE_EXCHANGE),
    estimateStorage,
    hasGpu: async () => (await (navigator as Partial<Navigator>).gpu?.requestAdapter()) != null,
    readDevice: () => readDevice(),
    measureSpeed,
    catalog: loadCatalog(),
    baseUrl,
    send: (channel, frame) => scope.postMessage({ e: 'frame', channel, frame } satisfies UpEnvelope),
  });
  for (const envelope of early.splice(0)) deliver(host, envelope);
}

/** Figures that the browser keeps to itself are left out. */
async function estimateStorage() {
  const { usage, quota } = await navigator.storage.estimate();
  const persisted = await navigator.storage.persisted();
  return { persisted, ...(usage !== undefined && { usage }), ...(quota !== undefined && { quota }) };
}

function deliver(to: Host, envelope: Exclude<DownEnvelope, { e: 'configure' }>): void {
  if (envelope.e === 'open') to.open(envelope.channel, envelope.identity);
  else if (envelope.e === 'frame') to.frame(envelope.channel, envelope.frame);
  else if (envelope.e === 'visible') to.visible(envelope.channel, envelope.visible);
  else to.close(envelope.channel);
}

scope.addEventListener('online', () => host?.online());
scope.addEventListener('message', ({ data }: MessageEvent<DownEnvelope>) => {
  if (data.e === 'configure') configure(data.baseUrl);
  else if (host) deliver(host, data);
  else early.push(data);
});
