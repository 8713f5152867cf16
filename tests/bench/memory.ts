/**
 * The most memory that something takes while it runs.
 *
 * @module
 */
import { readFileSync } from 'node:fs';
import type { Browser } from '@playwright/test';

const SAMPLE_MS = 5;

/** Samples until `peak` is called, which gives the bytes beyond what was held before. */
export function watchMemory(held: () => number): { peak(): number } {
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

/** Of this process: JavaScript's heap and the buffers outside it, less what nothing refers to. Mapped GPU memory counts too. */
export function heldHere(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/**
 * Of the processes in which a browser's pages and their workers run: what is theirs alone, with what nothing refers to any more and is
 * not collected yet. Memory shared with the GPU's process is not.
 * Undefined where the system does not tell.
 */
export async function heldByPages(browser: Browser | null): Promise<(() => number) | undefined> {
  if (process.platform !== 'linux' || !browser) return undefined;
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  const ids = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => id);
  return () => ids.reduce((bytes, id) => bytes + anonymousBytes(id), 0);
}

function anonymousBytes(id: number): number {
  try {
    const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${id}/status`, 'utf8')) ?? [];
    return Number(kib ?? 0) * 1024;
  } catch {
    return 0; // ended
  }
}
