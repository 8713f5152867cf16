import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const SCREENSHOTS = join(import.meta.dirname, '../../test-results/screenshots');

const here = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'On this device' }).getByRole('listitem', { name });
const offer = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'Catalogue' }).getByRole('listitem', { name });
const calls = (page: Page) => page.evaluate(() => testing.models.calls.splice(0));
const told = (page: Page) => page.locator('.models > [aria-live]');

async function open(view: (name: string, query?: Record<string, string>) => Promise<Page>, query = {}): Promise<Page> {
  const page = await view('pwa', query);
  await page.evaluate(() => void (location.hash = '#/models'));
  await expect(page.getByRole('heading', { name: 'On this device' })).toBeVisible();
  return page;
}

test('a model is chosen, arrives, is paused, goes on, is used', async ({ view }) => {
  const page = await open(view);
  const offered = offer(page, 'Gemma 3 1B');
  await offered.getByLabel('Size').selectOption('Q8_0');
  await offered.getByRole('button', { name: 'Download' }).focus();
  await page.keyboard.press('Enter');
  const card = here(page, 'Gemma 3 1B');
  await expect(card.getByRole('heading')).toBeFocused();
  await expect(told(page)).toHaveText('Downloading Gemma 3 1B.');
  await page.evaluate(() => testing.models.progress('gemma-3-1b-q8_0', 0.3));
  const bar = card.getByRole('progressbar', { name: 'Downloading' });
  await expect(bar).toHaveAttribute('aria-valuenow', '30');
  await expect(card).toContainText('321 MB of 1.1 GB · 12.3 MB/s · 1 min left · 30 %');
  await expect(told(page)).toHaveText('Gemma 3 1B: 25 percent.');

  await card.getByRole('button', { name: 'Pause' }).focus();
  await page.keyboard.press('Enter');
  await expect(card.getByText('Paused')).toBeVisible();
  await expect(card.getByRole('button', { name: 'Resume' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(card.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.evaluate(() => testing.models.fail('gemma-3-1b-q8_0', 'network'));
  await expect(card.getByRole('alert')).toContainText('The download failed. cdn.example.org stopped answering');
  await card.getByRole('button', { name: 'Try again' }).click();
  await page.evaluate(() => testing.models.progress('gemma-3-1b-q8_0', 1));
  await expect(told(page)).toHaveText('Gemma 3 1B is on this device.');
  await card.getByRole('button', { name: 'Use' }).click();
  await expect(card.getByText('In use')).toBeVisible();
  await expect(here(page, 'Pocket').getByRole('button', { name: 'Use' })).toBeVisible();
  const id = 'gemma-3-1b-q8_0';
  expect(await calls(page)).toEqual([
    'add gemma-3-1b Q8_0',
    `pause ${id}`,
    `resume ${id}`,
    `resume ${id}`,
    `engine.load ${id}`,
  ]);
});

test('a stored model is renamed, saved, and deleted after a question', async ({ view }) => {
  const page = await open(view, { models: 'many' });
  await here(page, 'my-finetune-v3').getByRole('button', { name: 'Rename' }).click();
  const name = page.getByRole('dialog').getByLabel('Name');
  await name.fill('  Mine ');
  await name.press('Enter');
  const card = here(page, 'Mine');
  await expect(card.getByRole('button', { name: 'Rename' })).toBeFocused();
  const download = page.waitForEvent('download');
  await card.getByRole('button', { name: 'Export' }).click();
  expect((await download).suggestedFilename()).toBe('my-model.gguf');

  await expect(page.getByRole('meter', { name: 'Storage' })).toHaveAttribute('aria-valuetext', /3\.8 GB by models/);
  await card.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog', { name: 'Delete Mine?' })).toContainText('1.9 GB become free');
  await page.getByRole('button', { name: 'Keep', exact: true }).click();
  await expect(card.getByRole('button', { name: 'Delete' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(card).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'On this device' })).toBeFocused();
  await expect(page.getByRole('meter', { name: 'Storage' })).toHaveAttribute('aria-valuetext', /1\.9 GB by models/);
  expect(await calls(page)).toEqual(['rename my-model Mine', 'export my-model', 'delete my-model']);
});

test('a model comes by link, by a token, from a file, by drop', async ({ view }) => {
  const page = await open(view);
  const link = page.getByLabel('Link, or name on Hugging Face');
  await link.fill('nonsense');
  await link.press('Enter');
  await expect(link).toHaveAccessibleDescription(/"nonsense" names no model/);
  await link.fill('owner/gated-GGUF');
  await link.press('Enter');
  const token = page.getByLabel('Hugging Face access token');
  await token.fill('hf_pretended');
  await token.press('Enter');
  await expect(page.getByText('The token is kept until the engine ends.')).toBeVisible();
  await expect(token).toHaveValue('');
  await link.fill(' owner/Linked-GGUF:Q4_K_M ');
  await link.press('Enter');
  await expect(here(page, 'Linked-GGUF:Q4_K_M').getByRole('heading')).toBeFocused();
  await expect(link).toHaveValue('');

  const file = (name: string) => ({ name, mimeType: '', buffer: Buffer.from('GGUF and more') });
  const split = [file('Big-00002-of-00002.gguf'), file('Big-00001-of-00002.gguf')];
  await page.getByLabel('Model files').setInputFiles([...split, file('notes.txt')]);
  await expect(here(page, 'Big').getByRole('button', { name: 'Use' })).toBeVisible();
  await expect(page.getByText('notes.txt is no GGUF file')).toBeVisible();
  const dropped = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['GGUF'], 'dropped.gguf'));
    return data;
  });
  await page.dispatchEvent('main', 'dragover', { dataTransfer: dropped });
  await expect(page.getByText('Let go to copy the model')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer: dropped });
  await expect(here(page, 'dropped')).toContainText('4 B');
  expect(await calls(page)).toEqual([
    'add nonsense',
    'add owner/gated-GGUF',
    'token hf_pretended',
    'add owner/Linked-GGUF:Q4_K_M',
    'import Big',
    'import dropped',
  ]);
});

test('the catalogue is narrowed down; offline it says what works; empty it says what to do', async ({ view }) => {
  const page = await open(view, { state: 'idle' });
  const offers = page.getByRole('region', { name: 'Catalogue' }).getByRole('listitem');
  await expect(page.getByText('No model is here yet.')).toBeVisible();
  await expect(offers).toHaveCount(20);
  await expect(offer(page, 'Qwen3 8B')).toContainText('Too large here');
  await page.getByLabel('Only what fits this device').check();
  await expect(offers).toHaveCount(18);
  await expect(offer(page, 'Gemma 3 4B')).toContainText('The context is shortened to 4096 tokens.');
  await page.getByLabel('Download size').selectOption({ label: 'Up to 1.0 GB' });
  await page.getByLabel('Licence').selectOption('Gemma');
  await expect(offers).toHaveCount(2);
  await page.getByLabel('Search the catalogue').fill('phone');
  await expect(offers).toHaveText([/Gemma 3 270M/]);
  await page.getByLabel('Search the catalogue').fill('nothing like it');
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect(offers).toHaveCount(20);
  await page.context().setOffline(true);
  await expect(page.getByText('What is on this device works')).toBeVisible();
  await page.context().setOffline(false);
});

test('nothing is wider than a small phone, in the app and in the settings', async ({ view }) => {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const name of ['pwa', 'options']) {
    const page = await view(name, { models: 'many' });
    await page.setViewportSize({ width: 360, height: 740 });
    await page.evaluate((hash) => void (location.hash = hash), name === 'pwa' ? '#/models' : '#models');
    await expect(here(page, 'Pocket')).toBeVisible();
    const wide = await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
      const main = document.querySelector('.page')!;
      return [main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth];
    });
    expect(wide).toEqual([0, 0]);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: join(SCREENSHOTS, `models-${name}-${colorScheme}.png`), animations: 'disabled' });
    }
  }
});
