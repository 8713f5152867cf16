import type { Page } from '@playwright/test';
import { keepPicture, keepPictures } from '../pictures.ts';
import { expect, test } from './fixtures.ts';

const modelButton = (page: Page) => page.getByRole('button', { name: /^Model: / });
const item = (page: Page, name: string | RegExp) => page.getByRole('menuitemradio', { name });
const settings = (page: Page) => page.evaluate(() => testing.services.session.value.settings);

test('the model is chosen from the head, by keys alone', async ({ view }) => {
  const page = await view('popup', { models: 'many' });
  await expect(modelButton(page)).toHaveAccessibleName('Model: Pocket · ready');
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeFocused();
  await modelButton(page).focus();
  await page.keyboard.press('Enter');
  await expect(item(page, 'Pocket')).toBeFocused();
  await expect(item(page, 'Pocket')).toBeChecked();
  await expect(item(page, 'Pocket')).toHaveAccessibleDescription(/Loaded.*11\.6 MB.*41\.2 tokens\/s here/);
  await expect(item(page, /lora/)).toHaveCount(0);
  await keepPictures(page, 'chat-model-menu');

  await page.keyboard.press('End');
  await expect(page.getByRole('menuitem', { name: 'Get more models…' })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.type('my');
  await expect(item(page, 'my-finetune-v3')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await expect(modelButton(page)).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(item(page, 'Pocket')).toBeFocused();
  await page.keyboard.type('gem');
  await expect(item(page, 'Gemma 3 1B')).toBeFocused();
  await expect(item(page, 'Gemma 3 1B')).toBeDisabled();
  await page.keyboard.press('Enter'); // has not arrived yet
  expect(await page.evaluate(() => testing.models.calls)).toEqual([]);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('menu')).toHaveCount(0);
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(item(page, 'Pocket')).toBeFocused();
  // Closed and opened again before the page is told of either.
  await page.locator('.model-menu').evaluate((menu: HTMLElement) => {
    menu.hidePopover();
    menu.showPopover();
  });
  await expect(item(page, 'Pocket')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('menu')).toHaveCount(0);

  await modelButton(page).click();
  await page.evaluate(() => (testing.models.answersFirst = 2));
  await item(page, 'my-finetune-v3').click();
  await expect(modelButton(page)).toHaveAccessibleName('Model: Changing to my-finetune-v3');
  await expect(page.getByText('2 answers finish first.')).toBeVisible();
  await keepPictures(page, 'chat-model-change');
  await page.evaluate(() => (testing.models.answersFirst = 0));
  await expect(modelButton(page)).toHaveAccessibleName('Model: my-finetune-v3 · ready');
  await expect(page.getByRole('status').filter({ hasText: 'my-finetune-v3 · ready' })).toBeAttached();
});

test('a model that cannot be loaded is told of, and the other one stays', async ({ view }) => {
  const page = await view('pwa', { models: 'many' });
  await page.evaluate(() => {
    testing.models.loadError = { code: 'out-of-memory', message: 'my-finetune-v3 takes 2.4 GB, this GPU has 1.0 GB.' };
  });
  await modelButton(page).click();
  await item(page, 'my-finetune-v3').click();
  const alert = page.getByRole('alert').filter({ hasText: 'my-finetune-v3 cannot be used now' });
  await expect(alert).toContainText('this GPU has 1.0 GB. Pocket stays chosen.');
  await expect(modelButton(page)).toHaveAccessibleName('Model: Pocket · ready');
  await keepPictures(page, 'chat-model-failed');
  await alert.getByRole('button', { name: 'Try again' }).click();
  await expect(alert).toHaveCount(0);
  await expect(modelButton(page)).toHaveAccessibleName('Model: my-finetune-v3 · ready');
  await modelButton(page).click();
  await page.getByRole('menuitem', { name: 'Get more models…' }).click();
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeVisible();
});

test('a chat has a system prompt and numbers of its own, which new chats can take on', async ({ view }) => {
  const page = await view('popup', { models: 'many' });
  await page.getByRole('button', { name: 'Chat settings' }).click();
  const dialog = page.getByRole('dialog', { name: 'Chat settings' });
  await dialog.getByRole('textbox', { name: 'System prompt' }).fill('Answer like a pirate, in one sentence.');
  await dialog.getByRole('radio', { name: 'Creative' }).check();
  await dialog.getByText('Number by number').click();
  await expect(dialog.getByRole('spinbutton', { name: 'Temperature' })).toHaveValue('1.1');
  await dialog.getByRole('slider', { name: 'Temperature' }).press('Home');
  await expect(dialog.getByRole('radio', { name: 'Creative' })).not.toBeChecked();
  await dialog.getByRole('spinbutton', { name: 'Seed' }).fill('7');
  await dialog.getByRole('spinbutton', { name: 'Longest answer' }).fill('0.5');
  await expect(dialog.getByRole('alert')).toContainText('a whole number from 1');
  await dialog.getByRole('radio', { name: 'Answer at once' }).check();
  await keepPictures(page, 'chat-settings');
  await dialog.evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await keepPictures(page, 'chat-settings-end');
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect
    .poll(() => settings(page))
    .toEqual({
      system: 'Answer like a pirate, in one sentence.',
      temperature: 0,
      topP: 0.98,
      topK: 100,
      minP: 0.03,
      seed: 7,
      thinking: false,
    });
  await expect(page.getByRole('button', { name: /^Chat settings \(changed: System prompt, Top-p/ })).toBeVisible();

  const line = page.getByRole('button', { name: 'System prompt: Answer like a pirate' });
  await keepPictures(page, 'chat-system-line');
  await line.click();
  await expect(dialog.getByRole('textbox', { name: 'System prompt' })).toBeFocused();
  await dialog.getByRole('button', { name: 'Use for new chats' }).click();
  await expect(dialog.getByText('New chats with Pocket begin like this one.')).toBeVisible();
  expect(await page.evaluate(() => testing.models.calls.at(-1))).toBe(
    'configure pocket {"sampling":{"topP":0.98,"topK":100,"minP":0.03},"system":"Answer like a pirate, in one sentence."}',
  );
  const wording = dialog.getByRole('group', { name: 'How answers are worded' });
  await expect(wording.getByRole('radio', { name: 'Default' })).toBeChecked();
  await dialog.getByRole('button', { name: 'Reset to defaults' }).click();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect.poll(() => settings(page)).toEqual({});

  await page.getByRole('textbox', { name: 'Message' }).fill('Ahoy?');
  await page.keyboard.press('Enter');
  await expect(page.getByText('tokens/s')).toBeVisible();
  await expect.poll(() => settings(page)).toEqual({ system: 'Answer like a pirate, in one sentence.' });
  await line.click();
  await dialog.getByRole('textbox', { name: 'System prompt' }).fill('');
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(line).toHaveCount(0);
  await page.reload();
  await expect(page.getByText('Ahoy?')).toBeVisible();
  await expect.poll(() => settings(page)).toEqual({});
});

test.describe('on a phone', () => {
  test('the models are a sheet at the bottom', async ({ chromiumBrowser, ui }) => {
    const phone = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true } as const;
    const context = await chromiumBrowser.newContext(phone);
    const page = await context.newPage();
    await page.goto(`${ui}?view=pwa&models=many`);
    await modelButton(page).tap();
    await expect(item(page, 'Pocket')).toBeFocused();
    const box = await page.locator('.model-menu').boundingBox();
    expect(box!.y + box!.height).toBeCloseTo(760, 0);
    expect((await item(page, 'Pocket').boundingBox())!.height).toBeGreaterThanOrEqual(44);
    await keepPictures(page, 'chat-model-menu-phone');
    await page.getByRole('button', { name: 'Close' }).tap();
    await page.getByRole('button', { name: 'Chat settings' }).tap();
    await keepPictures(page, 'chat-settings-phone');
    await context.close();
  });
});

test('contrast themes show what is chosen and how far things are; whoever wants no motion sees none', async ({
  view,
}) => {
  const page = await view('popup', { state: 'downloading', delay: 'Infinity' });
  await page.emulateMedia({ forcedColors: 'active', reducedMotion: 'reduce' });
  await page.getByRole('textbox', { name: 'Message' }).fill('Tell me a story.');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article').last()).toContainText('Paris');
  const colour = (selector: string) =>
    page
      .locator(selector)
      .first()
      .evaluate((element) => getComputedStyle(element).backgroundColor);
  expect(await colour('.progress-bar')).not.toBe(await colour('.progress-track'));
  await expect.poll(() => page.evaluate(() => document.getAnimations().length)).toBe(0);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByRole('button', { name: 'Chat settings' }).click();
  expect(await colour('.segments label:has(:checked)')).not.toBe(await colour('.segments label:not(:has(:checked))'));
  await keepPicture(page, 'chat-settings-contrast');
});
