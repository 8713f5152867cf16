/**
 * The page of `npm run bench -- browser`: our engine and another on the same model.
 *
 * @module
 */
import { Gpu } from '../../../engine/gpu/gpu.ts';
import type { ByteSource } from '../../../engine/gguf/source.ts';
import { createEngine } from '../../../engine/runtime/create-engine.ts';
import type { Engine } from '../../../engine/runtime/engine.ts';
import { type Floors, measureFloors } from '../floors.ts';
import { type Measured, Ours } from '../measured.ts';
import type { Loads } from '../loads.ts';
import { Prompts } from '../prompt.ts';
import type { Peer } from './peer.ts';
import type { StoredLoads, StoredStart } from './start-worker.ts';
import { openWebLlm, type WebLlmOptions } from './webllm.ts';
import { openWllama } from './wllama.ts';

let engine: Engine | undefined;
let peer: Peer | undefined;
let ours: Ours | undefined;
let prompts: Prompts | undefined;

/** The file at a URL, read in ranges: it need not fit this page's memory. */
async function remoteSource(url: string): Promise<ByteSource> {
  const head = await fetch(url, { method: 'HEAD' });
  return {
    size: Number(head.headers.get('content-length')),
    async read(offset, length) {
      const headers = { range: `bytes=${offset}-${offset + length - 1}` };
      const bytes = await (await fetch(url, { headers })).arrayBuffer();
      if (bytes.byteLength !== length) throw new Error(`${url}: ${bytes.byteLength} bytes instead of ${length}`);
      return new Uint8Array(bytes);
    },
  };
}

const bench = {
  async floors(): Promise<Floors> {
    const gpu = await Gpu.open();
    const floors = await measureFloors(gpu);
    gpu.device.destroy();
    return floors;
  },

  async openOurs(url: string, contextTokens: number): Promise<{ adapter: string; loadMs: number }> {
    const source = await remoteSource(url);
    prompts = await Prompts.of(source);
    engine = await createEngine();
    const start = performance.now();
    await engine.load(source, { contextTokens });
    const loadMs = performance.now() - start;
    await engine.tune(new AbortController().signal);
    ours = new Ours(engine, prompts);
    return { adapter: engine.info()!.adapter, loadMs };
  },

  async openWllama(folder: string, url: string, contextTokens: number): Promise<{ loadMs: number }> {
    const start = performance.now();
    peer = await openWllama({ folder, url, contextTokens, avoid: prompts?.brokenIds ?? [] });
    return { loadMs: performance.now() - start };
  },

  async openWebLlm(options: WebLlmOptions): Promise<{ loadMs: number }> {
    const start = performance.now();
    peer = await openWebLlm(options);
    return { loadMs: performance.now() - start };
  },

  /** Of a model that is put into the store for it. */
  async start(asked: StoredStart): Promise<Loads> {
    const worker = new Worker(new URL('./start-worker.ts', import.meta.url), { type: 'module' });
    try {
      const done = await new Promise<StoredLoads>((resolve, reject) => {
        worker.addEventListener('message', ({ data }: MessageEvent<StoredLoads>) => resolve(data));
        worker.addEventListener('error', ({ message }) => reject(new Error(message)));
        worker.postMessage(asked);
      });
      if ('error' in done) throw new Error(done.error);
      return done.loads;
    } finally {
      worker.terminate();
    }
  },

  ours: (promptTokens: number, tokens: number): Promise<Measured> => ours!.measure(promptTokens, tokens),

  /** With the prompt that ours got last. */
  peer: (tokens: number): Promise<Measured> => peer!.measure(ours!.prompt, tokens),

  async close(): Promise<void> {
    await engine?.unload();
    await peer?.close();
    [engine, peer, prompts] = [undefined, undefined, undefined];
  },
};

export type Bench = typeof bench;
Object.assign(globalThis, { bench });
