/**
 * The browser is killed at random points while it downloads, copies, deletes and renames models, and started again: what counts as
 * stored is right to the bit, what was on its way goes on, and nothing is left over.
 *
 * @module
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, type Page, test } from '@playwright/test';
import { build, preview, type PreviewServer } from 'vite';
import { FileServer } from '../file-server.ts';
import { type MortalBrowser, startMortal } from './mortal-browser.ts';

const KILLS = 50;
/** A life ends at most so long after its page is there: about what a download and a copy take. */
const LIFE_MS = 1200;
/** One of so many lives lasts until its download is whole: on a slow machine no other gets that far. */
const WHOLE_EVERY = 10;
const CACHE = join(import.meta.dirname, '../.cache/crash');
const PROFILE = join(CACHE, 'profile');
const COPY_BYTES = 6 << 20;

const sha256 = (...parts: (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

const content = new Uint8Array(20 << 20).map((_, at) => (at * 31) ^ (at >> 11));
content.set(Buffer.from('GGUF'));
const RIGHT = new Map([
  ['big', sha256(content)],
  ['copy', sha256('GGUF', new Uint8Array(COPY_BYTES - 4).fill(7))],
]);

const files = new FileServer(content);
let pages: PreviewServer;
let url: string;

test.beforeAll(async () => {
  const shared = { configFile: false, root: import.meta.dirname, logLevel: 'error' } as const;
  const outDir = join(CACHE, 'dist');
  await build({ ...shared, worker: { format: 'es' }, build: { outDir, emptyOutDir: true, target: 'esnext' } });
  const serveModel = {
    name: 'model',
    configurePreviewServer: (server: PreviewServer) => void server.middlewares.use('/big.gguf', files.handle),
  };
  pages = await preview({ ...shared, build: { outDir }, plugins: [serveModel], preview: { port: 0 } });
  url = `http://localhost:${(pages.httpServer.address() as AddressInfo).port}/`;
  await rm(PROFILE, { recursive: true, force: true });
});
test.afterAll(async () => {
  await pages.close();
  await rm(PROFILE, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

async function open(): Promise<MortalBrowser> {
  const browser = await startMortal(PROFILE, url);
  await browser.page.waitForFunction(() => 'store' in globalThis);
  return browser;
}

/** What the store tells of itself; of what it calls stored, the sums. */
async function tell(page: Page): Promise<Map<string, { state: string; storedBytes: number; sha256?: string }>> {
  const told = await page.evaluate(async () => {
    const models = (await store.client.models()).filter(({ storedBytes }) => storedBytes > 0);
    return Promise.all(
      models.map(async ({ id, state, storedBytes }) => {
        return [id, { state, storedBytes, ...(state === 'stored' && { sha256: await store.sha256(id) }) }] as const;
      }),
    );
  });
  return new Map(told);
}

function expectSound(told: Awaited<ReturnType<typeof tell>>): void {
  for (const [id, { sha256: sum }] of told) {
    expect(RIGHT.has(id), `a model ${id} that nobody asked for`).toBe(true);
    if (sum !== undefined) expect(sum, `what is stored of ${id}`).toBe(RIGHT.get(id));
  }
}

/** Begins work of each kind that makes sense now; which of it ends is left to the kill. */
async function beginWork(page: Page, has: ReadonlySet<string>, chance: () => number): Promise<void> {
  const work = {
    has: [...has],
    remove: chance() < 0.4,
    rename: chance() < 0.5,
    bytes: COPY_BYTES,
    url: `${url}big.gguf`,
  };
  await page.evaluate(({ has: stored, remove, rename, bytes, url: address }) => {
    const { client, copy } = store;
    const later = (id: string, begin: () => Promise<unknown>) =>
      (remove && stored.includes(id) ? client.deleteModel(id).then(begin) : begin()).catch(() => {});
    const download = async (): Promise<void> => {
      const known = (await client.models()).some(({ id }) => id === 'big');
      await (known ? client.resumeModel('big') : client.addModel(address));
    };
    void later('big', download);
    void later('copy', () => (stored.includes('copy') && !remove ? Promise.resolve() : copy('copy', bytes)));
    if (rename && stored.includes('big')) void client.renameModel('big', `Big ${stored.length}`).catch(() => {});
  }, work);
}

/** Numbers that are the same in every run; what they meet is left to the machine. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(`${KILLS} kills of the browser`, async () => {
  test.setTimeout(600_000);
  const chance = seeded(7);
  const seen = { partial: 0, whole: 0, nothing: 0 };
  for (let kill = 0; kill < KILLS; kill++) {
    // Slow enough that a life meets every part of a download.
    files.faults.splice(0, Infinity, ...Array.from({ length: 16 }, () => ({ trickle: 1 << 18, everyMs: 20 })));
    const { page, kill: end } = await open();
    const told = await tell(page);
    expectSound(told);
    seen[!told.has('big') ? 'nothing' : told.get('big')!.state === 'stored' ? 'whole' : 'partial']++;
    const whole = (kill + 1) % WHOLE_EVERY === 0;
    await beginWork(page, new Set(told.keys()), whole ? () => 1 : chance);
    if (whole) await expect.poll(async () => (await tell(page)).get('big')?.state).toBe('stored');
    else await new Promise((resolve) => setTimeout(resolve, chance() * LIFE_MS));
    await end();
  }
  // A test that always met the same state would show little.
  for (const [state, times] of Object.entries(seen)) expect(times, `starts with ${state} of it`).toBeGreaterThan(0);

  files.faults.length = 0;
  const { page, kill: end } = await open();
  try {
    await beginWork(page, new Set((await tell(page)).keys()), () => 1);
    await expect
      .poll(async () => [...(await tell(page)).values()].map(({ state }) => state))
      .toEqual(['stored', 'stored']);
    const told = await tell(page);
    expectSound(told);
    const bytes = [...told.values()].reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    expect(await page.evaluate(async () => (await store.client.storageEstimate()).models)).toBe(bytes);
  } finally {
    await end();
  }
});
