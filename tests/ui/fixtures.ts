/**
 * One dev server for the views with a pretended engine.
 *
 * @module
 */
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test as base, chromium, expect } from '@playwright/test';
import type { Browser, Page } from '@playwright/test';
import { createServer } from 'vite';
import { browserArgs, findChromium } from '../chromium.ts';
import { slowPage } from './slow-page.ts';

const SLOW_MS = Number(process.env['LOCALLLM_SLOW_PAGE'] ?? 0);
const ROOT = join(import.meta.dirname, '../..');

interface WorkerFixtures {
  ui: string;
  chromiumBrowser: Browser;
}
interface TestFixtures {
  /** Opens a view in a fresh profile: `view('popup', { error: 'quota' })`. */
  view: (name: string, query?: Record<string, string>) => Promise<Page>;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  ui: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what is needed from this pattern
    async ({}, use) => {
      const server = await createServer({
        configFile: false,
        root: import.meta.dirname,
        cacheDir: join(ROOT, 'tests/.cache/vite-ui'),
        logLevel: 'error',
        server: { port: 0, fs: { allow: [ROOT] } },
      });
      await server.listen();
      const { port } = server.httpServer!.address() as AddressInfo;
      await use(`http://localhost:${port}/`);
      await server.close();
    },
    { scope: 'worker' },
  ],
  chromiumBrowser: [
    // eslint-disable-next-line no-empty-pattern -- as above
    async ({}, use) => {
      const browser = await chromium.launch({ executablePath: findChromium(), args: browserArgs() });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  view: async ({ ui, chromiumBrowser }, use) => {
    const context = await chromiumBrowser.newContext({ viewport: { width: 400, height: 600 } });
    await use(async (name, query = {}) => {
      const page = await context.newPage();
      if (SLOW_MS > 0) await page.addInitScript(slowPage, SLOW_MS);
      await page.goto(`${ui}?${new URLSearchParams({ view: name, ...query })}`);
      await page.waitForFunction(() => 'testing' in globalThis);
      return page;
    });
    await context.close();
  },
});

export { expect };
