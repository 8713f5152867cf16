import { readFile } from 'node:fs/promises';
import type { Page } from '@playwright/test';
import type { EngineProfile } from '../../engine/protocol/profile.ts';
import { keepPictures } from '../pictures.ts';
import { expect, test } from './fixtures.ts';

/** From the engine's view, as a person gets there. */
async function openLab(page: Page): Promise<void> {
  await page.evaluate(() => void (location.hash = '#/engine'));
  await page.getByRole('link', { name: 'Profile this GPU' }).click();
  await expect(page.getByRole('heading', { name: 'Profiler' })).toBeFocused();
}

test('the profiler shows each dispatch of a step, by pointer and by keyboard', async ({ view }) => {
  const page = await view('pwa', { delay: '2' });
  await page.setViewportSize({ width: 1200, height: 1000 });
  await openLab(page);
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  const slider = page.getByRole('slider', { name: 'Dispatches' });
  await expect(slider).toHaveAttribute('aria-valuetext', 'none of 132');
  await expect(page.getByRole('status').filter({ hasText: 'nvidia hopper' })).toContainText('tokens/s');

  await slider.focus();
  await slider.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuetext', '1 of 132: embed, 3.2 µs');
  await slider.press('ArrowRight');
  await slider.press('ArrowRight');
  await expect(slider).toHaveAttribute(
    'aria-valuetext',
    '3 of 132: matmul, 6.8 µs, 3.5 MB, 515 GB/s, 12 % of the roofline',
  );
  await slider.press('ArrowLeft');
  await expect(slider).toHaveAttribute('aria-valuenow', '2');
  await slider.press('End');
  await expect(slider).toHaveAttribute('aria-valuenow', '132');
  await slider.press('ArrowRight');
  await expect(slider).toHaveAttribute('aria-valuenow', '132');
  await slider.press('Home');
  await expect(slider).toHaveAttribute('aria-valuenow', '1');

  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.97, box.y + box.height / 2);
  await expect(page.locator('figcaption')).toContainText('mul-mat-vec-q4-0');
  await expect(page.locator('figcaption')).toContainText('29 % of the roofline');

  const rows = page.getByRole('table').getByRole('row');
  await expect(rows.nth(1)).toContainText('mul-mat-vec-q4-0-silu-glu');
  await expect(rows.nth(1)).toContainText('317 µs');
  await page.getByRole('radio', { name: 'Prefill chunk' }).check();
  await expect(page.getByText('256 tokens: 132 dispatches')).toBeVisible();
  await keepPictures(page, 'lab-wide');
});

test('the profiler fits a phone, and saves what it found', async ({ view }) => {
  const page = await view('pwa');
  const viewport = { width: 390, height: 844 };
  await page.setViewportSize(viewport);
  await openLab(page);
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  await expect(page.getByRole('slider')).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
  const inside = await page.locator('.page').evaluate((element) => element.scrollWidth - element.clientWidth);
  expect(inside).toBeLessThanOrEqual(0);
  // The lanes are wider than the phone: the keyboard scrolls them along.
  await page.getByRole('slider').press('End');
  expect(await page.locator('.timeline-scroller').evaluate((element) => element.scrollLeft)).toBeGreaterThan(0);
  await keepPictures(page, 'lab-phone');

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save as JSON' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('profile-pocket.json');
  const saved = JSON.parse(await readFile(await download.path(), 'utf8')) as EngineProfile;
  expect(saved.decode.dispatches).toHaveLength(132);
});

test('the profiler shows its progress and can be cancelled', async ({ view }) => {
  const page = await view('pwa', { delay: '100000' });
  await openLab(page);
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  await expect(page.getByRole('progressbar', { name: 'Profiling' })).toHaveAttribute('aria-valuenow', '42');
  await keepPictures(page, 'lab-running');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Profile', exact: true })).toBeEnabled();
  await expect(page.getByRole('progressbar')).toBeHidden();
  await expect(page.getByRole('alert')).toBeHidden();
});

test('without timestamps the profiler says so', async ({ view }) => {
  const page = await view('pwa', { error: 'not-supported' });
  await openLab(page);
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('No timestamps here');
  await keepPictures(page, 'lab-no-timestamps');
});
