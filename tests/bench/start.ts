/**
 * From a file to the first token: what loading takes beside reading the file alone, what it holds in memory, what the first prompt pays.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openModelFiles } from '../../engine/cli/file-source.ts';
import type { ByteSource } from '../../engine/gguf/source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { median } from '../../engine/gpu/stopwatch.ts';
import { createEngine } from '../../engine/runtime/create-engine.ts';
import { Ours } from './measured.ts';
import { Prompts } from './prompt.ts';

export interface Start {
  model: string;
  adapter: string;
  bytes: number;
  /** Reading the file in pieces as large as the loader's, nothing else done with them. */
  readMs: number;
  loadMs: number;
  /** Of the first prompt after the load, and of the ones after it. */
  firstPrefillMs: number;
  prefillMs: number;
  /** (load + first prompt) ÷ (load + a later prompt) */
  firstTokenRatio: number;
  /** The most memory of JavaScript and its buffers while loading, beyond what was held before. */
  peakBytes: number;
}

const PIECE = 8 << 20;
const SAMPLE_MS = 2;

/** @param runs of each; medians count */
export async function measureStart(
  path: string,
  { runs, prompt, dawn }: { runs: number; prompt: number; dawn: readonly string[] },
): Promise<Start> {
  const all: Omit<Start, 'model' | 'adapter' | 'bytes' | 'firstTokenRatio'>[] = [];
  let adapter = '';
  for (let run = 0; run <= runs; run++) {
    const files = await openModelFiles(path);
    try {
      const prompts = await Prompts.of(files.parts);
      const readMs = await timed(() => readAll(files.parts));
      const engine = await createEngine({ gpu: await openDawn(dawn) });
      globalThis.gc?.();
      const memory = watchMemory();
      const loadMs = await timed(() => engine.load(files.parts, { contextTokens: prompt + 64 }));
      const peakBytes = memory.peak();
      const runner = new Ours(engine, prompts);
      const firsts: number[] = [];
      for (let turn = 0; turn < 3; turn++) firsts.push((await runner.measure(prompt, 1)).firstTokenMs);
      adapter = engine.info()!.adapter;
      await engine.unload();
      // The first run fills the caches of the disk and of the driver's compiler.
      if (run > 0)
        all.push({ readMs, loadMs, firstPrefillMs: firsts[0]!, prefillMs: median(firsts.slice(1)), peakBytes });
    } finally {
      await files.close();
    }
  }
  const of = (figure: keyof (typeof all)[number]) => median(all.map((one) => one[figure]));
  const [loadMs, firstPrefillMs, prefillMs] = [of('loadMs'), of('firstPrefillMs'), of('prefillMs')];
  return {
    model: basename(path, '.gguf'),
    adapter,
    bytes: (await stat(path)).size,
    readMs: of('readMs'),
    loadMs,
    firstPrefillMs,
    prefillMs,
    firstTokenRatio: (loadMs + firstPrefillMs) / (loadMs + prefillMs),
    peakBytes: Math.max(...all.map((one) => one.peakBytes)),
  };
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

/** JavaScript's heap and the buffers outside it. Mapped GPU memory counts too. */
function watchMemory(): { peak(): number } {
  const held = () => {
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const before = held();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, held())), SAMPLE_MS);
  return {
    peak() {
      clearInterval(timer);
      return Math.max(most, held()) - before;
    },
  };
}
