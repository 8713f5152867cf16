/**
 * `node tests/screenshots.ts`: takes the pictures of the built web app that browsers show when they offer to install it.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { servePwa } from '../pwa/serve.ts';
import { launchChromium } from './chromium.ts';
import { launchPhone } from './phone.ts';

const FOLDER = join(import.meta.dirname, '../pwa/public/screenshots');

async function talk(page: Page, url: string): Promise<void> {
  await page.goto(url);
  const later = page.getByRole('button', { name: 'Not now' });
  if (await later.isVisible()) await later.click();
  const composer = page.getByRole('textbox', { name: 'Message' });
  for (const question of ['What is the capital of France?', 'Tell me a little story about a fox.']) {
    await composer.fill(question);
    await composer.press('Enter');
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'visible' });
    await page.getByRole('button', { name: 'Stop' }).waitFor({ state: 'hidden', timeout: 120_000 });
  }
  await composer.blur();
  await page.mouse.move(200, 640);
}

await mkdir(FOLDER, { recursive: true });
const served = await servePwa(0);
const url = `http://localhost:${served.port}/`;

const phone = await launchPhone();
await phone.cdp.send('Emulation.setSafeAreaInsetsOverride', { insets: {} });
await phone.page.emulateMedia({ colorScheme: 'light' });
await talk(phone.page, url);
// In the screen's own pixels, of which Playwright does not know.
const { data } = await phone.cdp.send('Page.captureScreenshot', { format: 'png' });
await writeFile(join(FOLDER, 'phone.png'), Buffer.from(data, 'base64'));
await phone.close();

const { context, close } = await launchChromium({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
await page.emulateMedia({ colorScheme: 'light' });
await talk(page, url);
await page.screenshot({ path: join(FOLDER, 'wide.png') });
await close();
await served.close();
