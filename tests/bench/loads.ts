/**
 * From a file to the first token, in Node and in browsers alike: what loading takes beside reading the file alone, and what the first
 * prompt pays.
 *
 * @module
 */
import type { ByteSource } from '../../engine/gguf/source.ts';
import { median } from '../../engine/gpu/stopwatch.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import { Ours } from './measured.ts';
import { Prompts } from './prompt.ts';

/** Medians. */
export interface Loads {
  adapter: string;
  /** Reading the file in pieces of 8 MiB, nothing else done with them. */
  readMs: number;
  loadMs: number;
  /** Of the first prompt after the load, and of the ones after it. */
  firstPrefillMs: number;
  prefillMs: number;
  /** (load + first prompt) ÷ (load + a later prompt) */
  firstTokenRatio: number;
}

export interface LoadsOptions {
  /** Loads that count; one before them fills the caches of the disk and of the driver's compiler. */
  runs: number;
  /** Tokens. */
  prompt: number;
  /** Opens the model anew, as each load does. */
  open(): Promise<{ parts: readonly ByteSource[]; close(): Promise<void> | void }>;
  /** Default: the browser's. */
  openGpu?(): Promise<GPU>;
  /** Told before the file is read alone, and before it is opened to be loaded. */
  beforeRead?(): Promise<unknown>;
  /** Told where a load begins, and whether it counts; what it gives is told its end. */
  beforeLoad?(counts: boolean): Promise<() => Promise<unknown>>;
}

const PIECE = 8 << 20;

export async function measureLoads(options: LoadsOptions): Promise<Loads> {
  const { runs, prompt, open, openGpu, beforeRead, beforeLoad } = options;
  const all: Omit<Loads, 'adapter' | 'firstTokenRatio'>[] = [];
  let adapter = '';
  for (let run = 0; run <= runs; run++) {
    const alone = await open();
    const prompts = await Prompts.of(alone.parts);
    await beforeRead?.();
    const readMs = await timed(() => readAll(alone.parts));
    await alone.close();
    const engine = await createEngine(openGpu && { gpu: await openGpu() });
    await beforeRead?.();
    const files = await open(); // reading verifies: what was read before is not verified again
    try {
      const loaded = await beforeLoad?.(run > 0);
      const loadMs = await timed(() => engine.load(files.parts, { contextTokens: prompt + 64 }));
      await loaded?.();
      const runner = new Ours(engine, prompts);
      const firsts: number[] = [];
      for (let turn = 0; turn < 3; turn++) firsts.push((await runner.measure(prompt, 1)).firstTokenMs);
      adapter = engine.info()!.adapter;
      await engine.unload();
      if (run > 0) all.push({ readMs, loadMs, firstPrefillMs: firsts[0]!, prefillMs: median(firsts.slice(1)) });
    } finally {
      await files.close();
    }
  }
  const of = (figure: keyof (typeof all)[number]) => median(all.map((one) => one[figure]));
  const [loadMs, firstPrefillMs, prefillMs] = [of('loadMs'), of('firstPrefillMs'), of('prefillMs')];
  const firstTokenRatio = (loadMs + firstPrefillMs) / (loadMs + prefillMs);
  return { adapter, readMs: of('readMs'), loadMs, firstPrefillMs, prefillMs, firstTokenRatio };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

async function readAll(parts: readonly ByteSource[]): Promise<void> {
  const into = new Uint8Array(PIECE);
  for (const part of parts) {
    for (let at = 0; at < part.size; at += PIECE) await part.read(at, Math.min(PIECE, part.size - at), into);
  }
}
