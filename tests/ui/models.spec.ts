import { calls, here, offer, open, shoot, told } from './models-page.ts';
import { expect, test } from './fixtures.ts';

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
  await expect(pocket).toContainText('41.2 tokens/s here');
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
    adapters: [{ id: 'haiku-lora', scale: 0.75 }],
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

  await expect(page.getByRole('meter', { name: 'Storage' })).toHaveAttribute('aria-valuetext', /3\.9 GB by models/);
  await card.getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('dialog', { name: 'Delete Mine?' })).toContainText('1.9 GB become free');
  await page.getByRole('button', { name: 'Keep', exact: true }).click();
  await expect(card.getByRole('button', { name: 'Delete' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(card).toHaveCount(0);
  await expect(page.getByRole('heading', { name: 'On this device' })).toBeFocused();
  await expect(page.getByRole('meter', { name: 'Storage' })).toHaveAttribute('aria-valuetext', /2\.0 GB by models/);
  expect(await calls(page)).toEqual(['rename my-model Mine', 'export my-model', 'delete my-model']);
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
  const search = page.getByRole('searchbox', { name: 'Search Hugging Face' });
  await expect(search).toHaveAccessibleDescription('Offline: the search needs a network.');
  await search.fill('qwen');
  await expect(page.getByText('Hugging Face cannot be reached.')).toBeVisible();
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
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1100, height: 1000 });
    await shoot(page, `models-${name}-wide`, page.getByRole('heading', { name: 'On this device' }));
  }
});
