/**
 * `node tests/screenshots.ts`: takes the pictures of the built web app that browsers show when they offer to install it, and the README's.
 *
 * @module
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { servePwa } from '../pwa/serve.ts';
import { launchChromium } from './chromium.ts';
import { launchPhone, type Phone } from './phone.ts';

const FOLDER = join(import.meta.dirname, '../pwa/public/screenshots');

const README_PICTURE = join(import.meta.dirname, '../docs/images/chat.png');

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

async function pictureOf(phone: Phone, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  await phone.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
  // In the screen's own pixels, of which Playwright does not know.
  const { data } = await phone.cdp.send('Page.captureScreenshot', { format: 'png' });
  return Buffer.from(data, 'base64');
}

/** Pictures beside each other, all as high as the first. */
function sideBySide(pictures: readonly Buffer[]): string {
  const images = pictures.map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`);
  const style = 'margin: 0; padding: 8px; display: inline-flex; gap: 16px; background: #e9edec';
  return `<body style="${style}">${images.join('')}<style>img { height: 720px; border-radius: 4px }</style></body>`;
}

await mkdir(FOLDER, { recursive: true });
const served = await servePwa(0);
const url = `http://localhost:${served.port}/`;

const phone = await launchPhone();
await phone.cdp.send('Emulation.setSafeAreaInsetsOverride', { insets: {} });
await talk(phone.page, url);
await writeFile(join(FOLDER, 'phone.png'), await pictureOf(phone, 'light'));
const dark = await pictureOf(phone, 'dark');
await phone.close();

const { context, close } = await launchChromium({ viewport: { width: 1280, height: 800 } });
const page = await context.newPage();
await page.emulateMedia({ colorScheme: 'light' });
await talk(page, url);
const wide = await page.screenshot({ path: join(FOLDER, 'wide.png') });
// Not where the web app's rules for content hold.
const blank = await context.newPage();
await blank.setViewportSize({ width: 1600, height: 760 });
await blank.setContent(sideBySide([wide, dark]));
await blank.locator('body').screenshot({ path: README_PICTURE });
await close();
await served.close();
