/**
 * Loading in Node and in Chromium, there from OPFS in a worker as the application loads: beside reading the file alone.
 *
 * @module
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openModelFiles } from '../../engine/cli/file-source.ts';
import { openDawn } from '../../engine/gpu/dawn.ts';
import { launchChromium } from '../chromium.ts';
import type { Bench } from './browser/page.ts';
import { type Loads, measureLoads } from './loads.ts';
import { heldByPages, heldHere, watchMemory } from './memory.ts';
import { canForget, forget, largeFiles } from './page-cache.ts';
import { serve } from './serve.ts';

export interface Start extends Loads {
  model: string;
  /** 'Node', 'Chromium 150.0' */
  where: string;
  /** Where the file lay when it was read. */
  from: 'page cache' | 'disk';
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

/** From the page cache, then from the disk where the system lets go of the file. */
const PLACES = (['page cache', 'disk'] as const).filter((from) => from === 'page cache' || canForget);

export async function startInNode(
  paths: readonly string[],
  { runs, prompt, dawn, onStart }: StartOptions & { dawn: readonly string[] },
): Promise<void> {
  for (const path of paths) {
    let peakBytes = 0;
    for (const from of PLACES) {
      // Collecting garbage takes time: in a load that does not count.
      const beforeLoad = async (counts: boolean) => {
        if (counts) return async () => {};
        const memory = watchMemory(heldHere);
        return async () => void (peakBytes = Math.max(peakBytes, memory.peak()));
      };
      const open = () => openModelFiles(path);
      const beforeRead = async () => from === 'disk' && forget(await partsOf(path));
      const loads = await measureLoads({ runs, prompt, open, openGpu: () => openDawn(dawn), beforeRead, beforeLoad });
      onStart({ ...(await factsOf(path)), where: 'Node', from, ...loads, peakBytes });
    }
  }
}

/** Each model is put into the store first. */
export async function startInChromium(
  paths: readonly string[],
  { runs, prompt, args, onStart }: StartOptions & { args: readonly string[] },
): Promise<void> {
  const { context, profile, close } = await launchChromium({ args: ['--js-flags=--expose-gc', ...args] });
  let memory: { peak(): number } | undefined;
  let peakBytes = 0;
  const server = await serve(paths, {
    on: {
      forget: async () => forget(await largeFiles(profile)),
      loading: async () => {
        const held = await heldByPages(context.browser());
        memory = held && watchMemory(held);
      },
      loaded: async () => void (peakBytes = Math.max(peakBytes, memory?.peak() ?? 0)),
    },
  });
  try {
    const where = `Chromium ${context.browser()?.version() ?? ''}`.trim();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => 'bench' in globalThis);
    for (const [index, path] of paths.entries()) {
      for (const from of PLACES) {
        peakBytes = 0;
        const url = new URL(`/model/${index}`, server.url).href;
        const asked = { url, name: basename(path), runs, prompt, fromDisk: from === 'disk' };
        const loads = await page.evaluate((one) => bench.start(one), asked);
        onStart({ ...(await factsOf(path)), where, from, ...loads, ...(memory && { peakBytes }) });
      }
    }
  } finally {
    await close();
    await server.close();
  }
}

const factsOf = async (path: string) => ({ model: basename(path, '.gguf'), bytes: (await stat(path)).size });

async function partsOf(path: string): Promise<string[]> {
  const { parts, close } = await openModelFiles(path);
  await close();
  return parts.map(({ name }) => join(dirname(path), name));
}
