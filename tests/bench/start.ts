/**
 * Loading in Node and in Chromium, there from OPFS in a worker as the application loads: beside reading the file alone.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openModelFiles } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { launchChromium } from '../chromium.ts';
import type { Bench } from './browser/page.ts';
import { type Loads, measureLoads } from './loads.ts';
import { serve } from './serve.ts';

export interface Start extends Loads {
  model: string;
  /** 'Node', 'Chromium 150.0' */
  where: string;
  bytes: number;
  /** The most memory of JavaScript and its buffers while loading, beyond what was held before; where it can be known. */
  peakBytes?: number;
}

interface StartOptions {
  runs: number;
  prompt: number;
  /** Told of each model when it is measured. */
  onStart(start: Start): void;
}

/** Of the page. */
declare const bench: Bench;

const SAMPLE_MS = 2;

export async function startInNode(
  paths: readonly string[],
  { runs, prompt, dawn, onStart }: StartOptions & { dawn: readonly string[] },
): Promise<void> {
  for (const path of paths) {
    let peakBytes = 0;
    const onLoad = () => {
      globalThis.gc?.();
      const memory = watchMemory();
      return () => void (peakBytes = Math.max(peakBytes, memory.peak()));
    };
    const open = () => openModelFiles(path);
    const loads = await measureLoads({ runs, prompt, open, openGpu: () => openDawn(dawn), onLoad });
    onStart({ ...(await factsOf(path)), where: 'Node', ...loads, peakBytes });
  }
}

/** Each model is put into the store first. */
export async function startInChromium(
  paths: readonly string[],
  { runs, prompt, args, onStart }: StartOptions & { args: readonly string[] },
): Promise<void> {
  const server = await serve(paths);
  const { context, close } = await launchChromium({ args });
  try {
    const where = `Chromium ${context.browser()?.version() ?? ''}`.trim();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => 'bench' in globalThis);
    for (const [index, path] of paths.entries()) {
      const facts = await factsOf(path);
      const asked = { url: new URL(`/model/${index}`, server.url).href, name: basename(path), runs, prompt };
      onStart({ ...facts, where, ...(await page.evaluate((one) => bench.start(one), asked)) });
    }
  } finally {
    await close();
    await server.close();
  }
}

const factsOf = async (path: string) => ({ model: basename(path, '.gguf'), bytes: (await stat(path)).size });

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
