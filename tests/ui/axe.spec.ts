import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** What axe finds wrong, in light; in dark what depends on colours. */
async function check(page: Page, scene: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const light = await new AxeBuilder({ page }).withTags(RULES).analyze();
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  const dark = await new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']).analyze();
  const found = [light, dark].flatMap(({ violations }, scheme) =>
    violations.flatMap(({ id, help, nodes }) =>
      nodes.map(
        ({ html, failureSummary }) => `${id} (${scheme === 0 ? 'light' : 'dark'}): ${help}\n${html}\n${failureSummary}`,
      ),
    ),
  );
  expect.soft(found, scene).toEqual([]);
  expect.soft(light.passes.length, scene).toBeGreaterThan(5);
}

const dialog = (page: Page) => page.getByRole('dialog');
async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press('Escape');
  await expect(dialog(page)).toHaveCount(0);
}
const modelButton = (page: Page) => page.getByRole('button', { name: /^Model: / });

test('the chat and its dialogs', async ({ view }) => {
  const page = await view('popup', { models: 'many' });
  await check(page, 'an empty chat');
  await page.getByRole('button', { name: 'Chat settings' }).click();
  await dialog(page).getByRole('textbox', { name: 'System prompt' }).fill('Be brief.');
  await dialog(page).getByText('Number by number').click();
  await dialog(page).getByRole('spinbutton', { name: 'Longest answer' }).fill('0.5');
  await check(page, 'settings of a chat');
  await closeDialog(page);
  await page.getByRole('textbox', { name: 'Message' }).fill('What is the capital of France?');
  await page.keyboard.press('Enter');
  await expect(page.getByText('tokens/s')).toBeVisible();
  await check(page, 'an answer');
  await modelButton(page).click();
  await expect(page.getByRole('menuitemradio', { name: 'Pocket' })).toBeFocused();
  await check(page, 'the choice of a model');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Chats' }).click();
  await expect(dialog(page).getByText('What is the capital of France?')).toBeVisible();
  await check(page, 'the chats');
});

test('an engine in trouble', async ({ view }) => {
  for (const query of [{ error: 'no-webgpu', state: 'failed' }, { state: 'downloading' }]) {
    const page = await view('popup', query);
    await expect(page.getByRole(query.error ? 'alert' : 'progressbar')).toBeVisible();
    await check(page, JSON.stringify(query));
  }
});

test('the web app', async ({ view }) => {
  const page = await view('pwa', { models: 'many' });
  await page.setViewportSize({ width: 1100, height: 800 });
  await check(page, 'the chat');
  for (const name of ['Models', 'Engine']) {
    await page.getByRole('link', { name }).click();
    await expect(page.getByRole('heading', { name, exact: true })).toBeFocused();
    await check(page, name);
  }
  await page.getByRole('link', { name: 'Profile this GPU' }).click();
  await page.getByRole('button', { name: 'Profile', exact: true }).click();
  await expect(page.getByRole('table')).toBeVisible();
  await check(page, 'the profiler');
});

test('the web app on a phone', async ({ chromiumBrowser, ui }) => {
  const phone = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true } as const;
  const context = await chromiumBrowser.newContext(phone);
  const page = await context.newPage();
  await page.goto(`${ui}?view=pwa&models=many`);
  await check(page, 'the chat');
  await modelButton(page).tap();
  await expect(page.getByRole('menuitemradio', { name: 'Pocket' })).toBeFocused();
  await check(page, 'the choice of a model');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: 'Models' }).tap();
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeFocused();
  await check(page, 'the models');
  await context.close();
});

test('the settings of the extension', async ({ view }) => {
  const page = await view('options', { models: 'many' });
  await page.setViewportSize({ width: 1000, height: 800 });
  await expect(page.getByRole('heading', { name: 'On this device' })).toBeVisible();
  for (const summary of await page.locator('summary').all()) await summary.click();
  await check(page, 'everything open');
});

test('a site that asks', async ({ view }) => {
  for (const query of [{}, { top: 'https://news.example.com', private: '1' }]) {
    const page = await view('permission', query);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await check(page, JSON.stringify(query));
  }
});
