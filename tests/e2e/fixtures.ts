/**
 * What the browser tests share: one Chromium with the extension, a site whose every name is another origin, the served PWA.
 *
 * @module
 */
import { join } from 'node:path';
import { test as base, expect, type Page } from '@playwright/test';
import { type Served, serveFolder, servePwa } from '../../pwa/serve.ts';
import { type ExtensionBrowser, launchWithExtension } from '../chromium.ts';

/** Makes an answer go on until it is stopped: the tokens that would end it are ruled out. */
export const ENDLESS = { maxTokens: 3000, logitBias: { 6139: -1e6, 6141: -1e6 } };

interface WorkerFixtures {
  extension: ExtensionBrowser;
  site: Served;
  pwa: { url: string };
}
interface TestFixtures {
  /** Opens the asking page on an origin of its own: `http://NAME.localhost`. */
  openSite: (name: string) => Promise<AskingPage>;
}

/** The page of `tests/site`, as a person uses it. */
export class AskingPage {
  readonly page: Page;
  constructor(page: Page) {
    this.page = page;
  }
  get origin(): string {
    return new URL(this.page.url()).origin;
  }
  get answer() {
    return this.page.getByLabel('Answer');
  }
  get status() {
    return this.page.getByRole('status');
  }
  async ask(question: string, options: object = {}): Promise<void> {
    await this.page.getByLabel('Question').fill(question);
    await this.page.getByLabel('Options').fill(JSON.stringify(options));
    await this.page.getByRole('button', { name: 'Ask' }).click();
  }
  async stop(): Promise<void> {
    await this.page.getByRole('button', { name: 'Stop' }).click();
  }
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  extension: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what is needed from this pattern
    async ({}, use) => {
      const browser = await launchWithExtension();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
  site: [
    // eslint-disable-next-line no-empty-pattern -- as above
    async ({}, use) => {
      const served = await serveFolder(join(import.meta.dirname, '../site'), 0);
      await use(served);
      await served.close();
    },
    { scope: 'worker' },
  ],
  pwa: [
    // eslint-disable-next-line no-empty-pattern -- as above
    async ({}, use) => {
      const served = await servePwa(0);
      await use({ url: `http://localhost:${served.port}/` });
      await served.close();
    },
    { scope: 'worker' },
  ],
  openSite: async ({ extension, site }, use) => {
    const pages: Page[] = [];
    await use(async (name) => {
      const page = await extension.context.newPage();
      pages.push(page);
      await page.goto(`http://${name}.localhost:${site.port}/`);
      await page.waitForFunction(() => 'localLLM' in window);
      return new AskingPage(page);
    });
    for (const page of pages) await page.close();
  },
});

export { expect };
