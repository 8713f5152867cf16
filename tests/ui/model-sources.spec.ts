import { calls, here, open, shoot } from './models-page.ts';
import { expect, test } from './fixtures.ts';

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
    'add owner/Linked-lora',
    'import Big',
    'import dropped',
  ]);
});
