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

/** In both themes. */
async function shoot(page: Page, name: string, top?: Locator): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  await top?.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`), animations: 'disabled' });
  }
}

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
  const id = 'gemma-3-1b-q8_0';
  expect(await calls(page)).toEqual(['add gemma-3-1b Q8_0', `pause ${id}`, `resume ${id}`, `resume ${id}`]);
});

test('another model becomes the default: answers finish first, a failure leaves the old one', async ({ view }) => {
  const page = await open(view, { models: 'many' });
  const pocket = here(page, 'Pocket');
  const card = here(page, 'my-finetune-v3');
  await expect(pocket.getByText('Default', { exact: true })).toBeVisible();
  await expect(pocket).toContainText('41 tokens/s here');
  await page.evaluate(() => {
    testing.models.answersFirst = 2;
    testing.models.loadError = { code: 'out-of-memory', message: 'It takes 2.1 GB; 1.5 GB are free.' };
  });
  await card.getByRole('button', { name: 'Use this model' }).click();
  await expect(card.getByRole('progressbar', { name: '2 answers finish first.' })).toBeVisible();
  await shoot(page, 'models-changing');
  await page.evaluate(() => void (testing.models.answersFirst = 0));
  await expect(card.getByRole('alert')).toContainText('It takes 2.1 GB; 1.5 GB are free.');
  await expect(pocket.getByText('Default', { exact: true })).toBeVisible();
  await card.getByRole('button', { name: 'Try again' }).click();
  await expect(card.getByText('Default', { exact: true })).toBeVisible();
  await expect(card.getByText('Loaded', { exact: true })).toBeVisible();
  await expect(told(page)).toHaveText('my-finetune-v3 answers from now on.');
  await expect(pocket.getByRole('button', { name: 'Use this model' })).toBeVisible();
  await card.getByRole('button', { name: 'Unload' }).click();
  await card.getByRole('button', { name: 'Load' }).click();
  await expect(card.getByText('Loaded', { exact: true })).toBeVisible();
  expect(await calls(page)).toEqual(['setDefault my-model', 'setDefault my-model']);
});

test('a model is set up: context, wording, system prompt, adapters; all of it is taken back', async ({ view }) => {
  const page = await open(view, { models: 'many' });
  const card = here(page, 'Pocket');
  await card.getByRole('button', { name: 'Settings' }).click();
  const dialog = page.getByRole('dialog', { name: 'Settings of Pocket' });
  await dialog.getByLabel('Context').selectOption('1,024 tokens, about 770 words');
  await expect(dialog.getByRole('status')).toHaveText(/^The model is loaded again once/);
  await dialog.getByLabel('8 bits').check();
  await dialog.getByLabel('Creative').check();
  await dialog.getByText('Number by number').click();
  const temperature = dialog.getByRole('spinbutton', { name: 'Temperature' });
  await expect(temperature).toHaveValue('1.1');
  await temperature.fill('1000');
  await dialog.getByText('Number by number').click();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(temperature).toBeFocused();
  await expect(temperature).toHaveAccessibleDescription(/Enter a number from 0 to 100\.$/);
  await shoot(page, 'models-settings-wrong');
  await temperature.fill('0.35');
  await dialog.getByRole('slider', { name: 'Top-k' }).fill('20');
  await dialog.getByRole('button', { name: 'Reset Min-p' }).click();
  await dialog.getByLabel('System prompt').fill('Answer in one sentence.');
  await expect(dialog.getByLabel('Adapter', { exact: true })).toHaveText('haiku-lora');
  await dialog.getByRole('button', { name: 'Attach' }).click();
  await expect(dialog.getByRole('spinbutton', { name: 'haiku-lora' })).toBeFocused();
  await page.keyboard.type('0.75');
  await shoot(page, 'models-settings-end');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(card.getByRole('button', { name: 'Settings' })).toBeFocused();
  await expect(card).toContainText(
    'Set: context of 1,024 tokens, half-size cache, temperature 0.35, top-p 0.98, top-k 20',
  );
  const settings = {
    contextTokens: 1024,
    kvType: 'q8',
    sampling: { temperature: 0.35, topK: 20, topP: 0.98 },
    system: 'Answer in one sentence.',
    adapters: [{ id: 'haiku-lora', scale: 10.75 }],
  };
  const lora = page.getByRole('region', { name: 'Adapters' }).getByRole('listitem', { name: 'haiku-lora' });
  await expect(lora).toContainText('for llama models');
  await expect(lora.getByRole('button')).toHaveText(['Rename', 'Export', 'Delete']);
  await lora.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog')).toContainText('It is attached to Pocket and my-finetune-v3');
  await page.keyboard.press('Escape');
  await card.getByRole('button', { name: 'Settings' }).click();
  await dialog.getByRole('button', { name: 'Remove haiku-lora' }).click();
  await dialog.getByRole('button', { name: 'Reset all' }).click();
  await expect(dialog.getByLabel('As the model')).toBeChecked();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(card).not.toContainText('Set:');
  const [first, second] = await calls(page);
  expect(JSON.parse(first!.replace('configure pocket ', ''))).toEqual(settings);
  expect(second).toBe('configure pocket {}');
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

test('Hugging Face is searched as one types; a hit is looked at, and downloaded in another size', async ({ view }) => {
  const page = await open(view);
  const field = page.getByRole('searchbox', { name: 'Search Hugging Face' });
  const hits = page.getByRole('list', { name: 'Found on Hugging Face' }).getByRole('listitem');
  await field.pressSequentially('gguf');
  await expect(page.getByText('The 10 models with the most downloads')).toBeVisible();
  expect(await calls(page)).toEqual(['search gguf']);
  await page.getByRole('button', { name: 'More' }).click();
  await expect(hits).toHaveCount(20);
  await expect(hits.nth(10).getByRole('button')).toBeFocused();
  await shoot(page, 'models-search', field);
  for (const [words, answer] of [
    ['too often', 'Try again in 40 seconds.'],
    ['broken', 'Hugging Face answered 503. Try again later.'],
    ['zzz', 'Nothing is called “zzz”.'],
  ] as const) {
    await field.fill(words);
    await field.press('Enter');
    await expect(page.locator('.hub-search')).toContainText(answer);
    if (words === 'too often') await shoot(page, 'models-search-limit', field);
  }
  await field.fill('smol');
  await hits.first().getByRole('button').click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('heading')).toHaveText('SmolLM2-1.7B-Instruct-GGUF');
  await expect(dialog.getByText('Fits this device')).toBeVisible();
  await page.evaluate(() => void (testing.models.hub.held = true));
  await dialog.getByLabel('Size').selectOption('7.1 GB · F32');
  await expect(dialog.getByText('Looking whether it fits…')).toBeVisible();
  await page.evaluate(() => testing.models.hub.release());
  await expect(dialog.getByRole('button', { name: 'Download anyway' })).toBeVisible();
  await expect(dialog).toContainText('It takes 7.8 GB; this device has 4.0 GB.');
  await shoot(page, 'models-inspect-large');
  await dialog.getByLabel('Size').selectOption('1.9 GB · Q8_0');
  await dialog.getByRole('button', { name: 'Download', exact: true }).click();
  const card = here(page, 'SmolLM2-1.7B-Instruct-GGUF');
  await expect(card.getByRole('heading')).toBeFocused();
  await expect(hits.first()).toContainText('On this device');
  expect((await calls(page)).at(-1)).toMatch(/^add .*SmolLM2-1.7B-Instruct-GGUF Q8_0$/);
});

test('a model comes by link, by a token, from a file, by drop', async ({ view }) => {
  const page = await open(view);
  const link = page.getByLabel('Link, or name on Hugging Face');
  const dialog = page.getByRole('dialog');
  await link.fill('nonsense');
  await link.press('Enter');
  await expect(link).toHaveAccessibleDescription(/"nonsense" names no model/);
  await link.fill('acme/gated-GGUF');
  await link.press('Enter');
  await expect(dialog.getByRole('alert')).toContainText('Not everyone may read this repository.');
  await shoot(page, 'models-gated');
  const token = dialog.getByLabel('Access token');
  await token.fill('hf_pretended');
  await token.press('Enter');
  await expect(dialog.getByText('Fits this device')).toBeVisible();
  await shoot(page, 'models-inspect');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Hugging Face access token: kept').click();
  await page.getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('The token was removed.')).toBeVisible();
  await expect(page.getByLabel('Access token')).toHaveValue('');
  await link.fill(' owner/Linked-lora ');
  await link.press('Enter');
  await expect(dialog).toContainText('It attaches to a model');
  await dialog.getByRole('button', { name: 'Download' }).click();
  await expect(page.getByRole('heading', { name: 'Linked-lora' })).toBeFocused();
  await link.press('Enter');
  await expect(dialog).toContainText('It is on this device already, in part.');
  await dialog.getByRole('button', { name: 'Show it' }).click();
  await expect(page.getByRole('heading', { name: 'Linked-lora' })).toBeFocused();

  const file = (name: string) => ({ name, mimeType: '', buffer: Buffer.from('GGUF and more') });
  const split = [file('Big-00002-of-00002.gguf'), file('Big-00001-of-00002.gguf')];
  await page.getByLabel('Model files').setInputFiles([...split, file('notes.txt')]);
  await expect(here(page, 'Big').getByRole('button', { name: 'Use this model' })).toBeVisible();
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
  expect((await calls(page)).filter((call) => !call.startsWith('inspect'))).toEqual([
    'token hf_pretended',
    'token ',
    'add owner/Linked-lora F16',
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
    await shoot(page, `models-${name}`);
    await here(page, 'my-finetune-v3').getByRole('button', { name: 'Settings' }).click();
    const dialog = page.getByRole('dialog');
    expect(await dialog.evaluate((shown) => shown.scrollWidth - shown.clientWidth)).toBe(0);
    await shoot(page, `models-${name}-settings`);
  }
});
