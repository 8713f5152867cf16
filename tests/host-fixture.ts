/**
 * A host with a fake engine and a fake store, and clients that reach it over an in-memory pipe.
 *
 * @module
 */
import { expect, vi } from 'vitest';
import { createClient } from '../engine/client/client.ts';
import type { Client } from '../engine/client/client.ts';
import { createHost, type Host, type HostOptions } from '../engine/host/host.ts';
import { LocalLLMError } from '../engine/protocol/errors.ts';
import type { EngineStatus, Input, Measure, ModelInfo, Usage, UpFrame } from '../engine/protocol/messages.ts';
import type {
  AdapterSource,
  Engine,
  EngineInfo,
  GenerateRequest,
  LoadOptions,
  Shapes,
} from '../engine/runtime/engine.ts';
import type { FitDevice } from '../engine/runtime/fit.ts';
import { FILE_EXCHANGE } from '../engine/protocol/files.ts';
import type { ProfileRequest, Profiler } from '../engine/runtime/profile.ts';
import type { CatalogEntry } from '../engine/store/catalog.ts';
import { FakeStore } from './fake-store.ts';

/** An entry of a catalogue, of 100 bytes. */
export const testEntry = (id: string): Extract<CatalogEntry, { kind: 'embedded' }> => ({
  kind: 'embedded',
  id,
  name: id.toUpperCase(),
  url: `models/${id}.gguf`,
  bytes: 100,
  sha256: '0'.repeat(64),
  license: 'MIT',
  family: 'Test',
  parameters: '1M',
  contextTokens: 512,
  languages: ['en'],
  strengths: ['none'],
  why: 'For tests.',
});
const CATALOG: CatalogEntry[] = [
  { ...testEntry('pocket'), default: true, sampling: { temperature: 0 } },
  testEntry('other'),
];

/** An engine whose answers the test writes. */
export class FakeEngine implements Engine {
  onRecovery: Engine['onRecovery'];
  onLost: Engine['onLost'];
  contextTokens = 512;
  wantedContextTokens = 512;
  requests: { request: GenerateRequest; finish(finishReason?: 'stop'): void; fail(error: Error): void }[] = [];
  loads: LoadOptions[] = [];
  loadError: Error | undefined;
  /** What was attached, each time. */
  adapted: (readonly AdapterSource[])[] = [];
  adaptError: Error | undefined;
  /** What measuring finds. */
  shapes: Shapes = {};
  #loaded = false;

  async load(_source: unknown, options: LoadOptions = {}): Promise<void> {
    this.loads.push(options);
    options.onProgress?.(0.5);
    if (this.loadError) throw this.loadError;
    this.#loaded = true;
  }
  async adapt(adapters: readonly AdapterSource[]): Promise<void> {
    if (this.adaptError && adapters.length > 0) throw this.adaptError;
    this.adapted.push(adapters);
  }
  generate(request: GenerateRequest) {
    return new Promise<Awaited<ReturnType<Engine['generate']>>>((resolve, reject) => {
      let text = '';
      const told = request.onDelta;
      this.requests.push({
        request: {
          ...request,
          get priority() {
            return request.priority;
          },
          onDelta: (delta) => (told(delta), void (text += delta)),
        },
        finish: () => {
          const usage = { promptTokens: 3, cachedTokens: 0, completionTokens: 2 };
          resolve({ text, finishReason: 'stop', usage, timing: { ttftMs: 1, tokensPerSecond: 10 } });
        },
        fail: reject,
      });
      request.signal.addEventListener('abort', () => reject(new LocalLLMError('aborted', 'cancelled')));
    });
  }
  async tune(_signal: AbortSignal): Promise<Shapes> {
    return this.shapes;
  }
  measure(input: Input): Measure {
    return { tokens: typeof input === 'string' ? input.length : input.length * 10, contextTokens: 512 };
  }
  async prefill(request: Omit<GenerateRequest, 'onDelta'>): Promise<Usage> {
    const { usage } = await this.generate({ ...request, onDelta: () => {} });
    return usage;
  }
  info(): EngineInfo | undefined {
    const running = this.requests.length;
    const { contextTokens, wantedContextTokens } = this;
    const info = { adapter: 'test gpu', contextTokens, wantedContextTokens, gpuBytes: 7, running, waiting: 0 };
    return this.#loaded ? info : undefined;
  }
  async unload(): Promise<void> {
    this.#loaded = false;
    for (const { fail } of this.requests) fail(new LocalLLMError('aborted', 'The model was unloaded.'));
  }
}

/** A profiler that measures nothing, and ends when the test lets it. */
export class FakeProfiler implements Profiler {
  requests: ProfileRequest[] = [];
  gate: Promise<void> = Promise.resolve();
  closed = false;
  async profile(_source: unknown, request: ProfileRequest) {
    this.requests.push(request);
    request.onProgress(0.5);
    await this.gate;
    if (request.signal.aborted) throw new LocalLLMError('aborted', 'cancelled');
    const forward = { past: request.past, tokens: 1, runs: 1, microseconds: 1, dispatches: [], kernels: [] };
    const roofline = { bytesPerSecond: 1, flopsPerSecond: 1 };
    return { adapter: 'test gpu', roofline, coarse: false, decode: forward, prefill: forward };
  }
  close(): void {
    this.closed = true;
  }
}

export class HostFixture {
  /** Every engine that was created, the current one last. */
  readonly engines: FakeEngine[] = [];
  readonly store = new FakeStore();
  readonly profiler = new FakeProfiler();
  timestamps = true;
  /** What Hugging Face answers. */
  fetch: typeof fetch = async () => new Response('', { status: 404 });
  readonly sent: { channel: string; frame: UpFrame }[] = [];
  gpu = true;
  /** What models are to fit. */
  device: FitDevice | undefined;
  readonly #listeners = new Map<string, (frame: UpFrame) => void>();
  /** Taken by the next worker. */
  measureSpeed: NonNullable<HostOptions['measureSpeed']> | undefined;
  host = this.#createHost();

  /** Another worker after this one ended, over the same store. */
  restart(): void {
    this.host = this.#createHost();
  }

  #createHost(): Host {
    return createHost({
      ...(this.measureSpeed && { measureSpeed: this.measureSpeed }),
      createEngine: async () => {
        if (!this.gpu) throw new LocalLLMError('no-adapter', 'There is no GPU.');
        const engine = new FakeEngine();
        this.engines.push(engine);
        return engine;
      },
      createProfiler: async () => {
        if (!this.timestamps) throw new LocalLLMError('not-supported', 'There are no timestamps.');
        return this.profiler;
      },
      openStore: async () => this.store,
      hasGpu: async () => this.gpu,
      readDevice: async () => this.device,
      catalog: CATALOG,
      baseUrl: 'https://example.org/',
      fetch: (input, init) => this.fetch(input, init),
      openFileChannel: () => new BroadcastChannel(FILE_EXCHANGE),
      estimateStorage: async () => ({ usage: 200, quota: 1000, persisted: true }),
      send: (channel, frame) => {
        this.sent.push({ channel, frame: structuredClone(frame) });
        this.#listeners.get(channel)?.(frame);
      },
    });
  }

  connect(channel: string, trusted = true, site = 'https://page.example'): Client {
    const { host } = this;
    return createClient(({ onFrame }) => {
      const origin = trusted ? 'https://app.example' : site;
      host.open(channel, { origin, trusted, owner: trusted ? 'ui' : origin });
      this.#listeners.set(channel, (frame) => queueMicrotask(() => onFrame(frame)));
      return {
        send: (frame) => queueMicrotask(() => host.frame(channel, structuredClone(frame))),
        close: () => host.close(channel),
      };
    });
  }

  framesOf<T extends UpFrame['t']>(channel: string, t: T): Extract<UpFrame, { t: T }>[] {
    const frames = this.sent.filter((sent) => sent.channel === channel && sent.frame.t === t);
    return frames.map(({ frame }) => frame as Extract<UpFrame, { t: T }>);
  }

  /** The request that the engine got last. */
  lastRequest() {
    return vi.waitFor(
      () => {
        const request = this.engines.at(-1)?.requests.at(-1);
        if (!request) throw new Error('the engine has no request yet');
        return request;
      },
      { interval: 1 },
    );
  }
}

export async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(LocalLLMError);
  return (error as LocalLLMError).code;
}

/** The status now and at each change. */
export async function watch(client: Client): Promise<EngineStatus[]> {
  const seen: EngineStatus[] = [];
  void client.watchStatus((status) => void seen.push(status), new AbortController().signal).catch(() => {});
  await vi.waitFor(() => expect(seen.length).toBeGreaterThan(0));
  return seen;
}

export const findModel = (models: readonly ModelInfo[], id: string): ModelInfo =>
  models.find((model) => model.id === id)!;
