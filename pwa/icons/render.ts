/**
 * Draws the PNG icons and splash images from the SVG marks: `node pwa/icons/render.ts`, with Playwright's browser or the one that
 * CHROMIUM_PATH names. What it writes is committed.
 *
 * @module
 */
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import type { Page } from '@playwright/test';
import { SPLASH_SIZES, splashFile } from './splash-sizes.ts';

const PUBLIC = join(import.meta.dirname, '../public');
const EXTENSION = join(import.meta.dirname, '../../extension/public/icon');
const EXTENSION_SIZES = [16, 32, 48, 128];

async function draw(page: Page, svg: string, width: number, height: number, markPixels: number, background: string) {
  await page.setViewportSize({ width, height });
  const style = `margin:0;height:100vh;display:grid;place-items:center;background:${background}`;
  await page.setContent(`<body style="${style}">${svg.replace('<svg ', `<svg width="${markPixels}" `)}`);
}

const executablePath = process.env['CHROMIUM_PATH'];
const browser = await chromium.launch({ ...(executablePath !== undefined && { executablePath }) });
const page = await browser.newPage();
const read = (name: string) => readFile(join(import.meta.dirname, `${name}.svg`), 'utf8');
const [mark, small, maskable] = [await read('mark'), await read('small'), await read('maskable')];

for (const size of [16, 32, 48, 128, 192, 512]) {
  // At few pixels the strokes follow the pixel grid.
  await draw(page, size <= 48 ? small : mark, size, size, size, 'transparent');
  const path = join(PUBLIC, `icons/icon-${size}.png`);
  await page.screenshot({ path, omitBackground: true });
  if (EXTENSION_SIZES.includes(size)) await copyFile(path, join(EXTENSION, `${size}.png`));
}
// Cut into shape by the system, so that they fill their square.
for (const [name, size] of [
  ['apple-touch-icon', 180],
  ['maskable-512', 512],
] as const) {
  await draw(page, maskable, size, size, size, '#0e6a5e');
  await page.screenshot({ path: join(PUBLIC, `icons/${name}.png`) });
}
for (const screen of SPLASH_SIZES) {
  const [width, height] = [screen.width * screen.ratio, screen.height * screen.ratio];
  await draw(page, mark, width, height, 112 * screen.ratio, '#0b1f1c');
  await page.screenshot({ path: join(PUBLIC, splashFile(screen)) });
}
await copyFile(join(import.meta.dirname, 'mark.svg'), join(PUBLIC, 'icons/mark.svg'));
await browser.close();
