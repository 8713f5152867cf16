import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { IPHONE_SAFARI } from '../phone.ts';
import { expect, test } from './fixtures.ts';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const COLOURS = ['color-contrast', 'link-in-text-block'];
const BRIEF: Parameters<AxeBuilder['options']>[0] = { resultTypes: ['violations'] };

/** What axe finds wrong, in light; in dark what depends on colours. */
async function check(page: Page, scene: string): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  const light = await new AxeBuilder({ page }).options(BRIEF).withTags(RULES).analyze();
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  const dark = await new AxeBuilder({ page }).options(BRIEF).withRules(COLOURS).analyze();
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

/** Chats of other days. */
async function fill(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const times = { createdMs: 0, updatedMs: Date.now() - 90_000_000 };
    const chats = ['A story about a fox', 'Names for a boat'].map((title, index) => {
      const message = { id: '0', parent: null, role: 'user', text: `${title}?`, createdMs: 0, status: 'complete' };
      const conversation = { id: `c${index}`, title, titledBy: 'question', ...times, leaf: '0' };
      return { conversation, messages: [message] };
    });
    await testing.createHistory().saveAll(chats as Parameters<ReturnType<typeof testing.createHistory>['saveAll']>[0]);
  });
  await page.reload();
}

async function ask(page: Page): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill('What is the capital of France?');
  await page.keyboard.press('Enter');
  await expect(page.getByText('tokens/s')).toBeVisible();
}

test('the chat and its dialogs', async ({ view }) => {
  const page = await view('popup', {
    models: 'many',
    answer: '<think>\nIt is in France.\n</think>\n\n# Paris\n\n`Paris`.',
  });
  await check(page, 'an empty chat');
  await page.getByRole('button', { name: 'Chat settings' }).click();
  await dialog(page).getByRole('textbox', { name: 'System prompt' }).fill('Be brief.');
  await dialog(page).getByText('Number by number').click();
  await dialog(page).getByRole('spinbutton', { name: 'Longest answer' }).fill('0.5');
  await check(page, 'settings of a chat');
  await closeDialog(page);
  await page.evaluate(() => testing.services.session.attach({ name: 'notes.md', text: 'The meeting is at nine.' }));
  await ask(page);
  await page.getByRole('button', { name: 'Retry' }).click();
  await expect(page.getByRole('group', { name: 'Versions' })).toBeVisible();
  await page.evaluate(() => testing.services.session.attach({ name: 'more.md', text: 'And at ten.' }));
  await expect(page.getByText('tokens/s')).toBeVisible();
  await check(page, 'an answer');
  await page.getByRole('article').first().getByRole('button', { name: 'notes.md' }).click();
  await check(page, 'what was attached');
  await closeDialog(page);
  await page.getByRole('button', { name: 'Edit' }).click();
  await check(page, 'a question that is edited');
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

test('the side panel', async ({ view }) => {
  const page = await view('panel');
  await page.getByRole('button', { name: 'Attach this page' }).click();
  await expect(page.getByRole('list', { name: 'Attached' })).toBeVisible();
  await page.getByRole('button', { name: 'Attach selection' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await check(page, 'a page attached, a selection refused');
});

test('the web app', async ({ view }) => {
  const page = await view('pwa', { models: 'many' });
  await page.setViewportSize({ width: 1100, height: 800 });
  await fill(page);
  const chats = page.getByRole('complementary', { name: 'Chats' });
  await expect(chats.getByText('Names for a boat')).toBeVisible();
  await chats.getByRole('searchbox').fill('fox');
  await expect(chats.getByText('Names for a boat')).toHaveCount(0);
  await check(page, 'a search in the chats');
  await page
    .getByRole('button', { name: 'Keyboard shortcuts' })
    .or(page.getByRole('button', { name: 'More' }))
    .first()
    .click();
  await check(page, 'a menu');
  await page.keyboard.press('Escape');
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

test('dialogs about models', async ({ view }) => {
  const page = await view('pwa', { models: 'many' });
  await page.evaluate(() => void (location.hash = '#/models'));
  const card = page.getByRole('listitem', { name: 'my-finetune-v3' });
  for (const name of ['Settings', 'Rename', 'Delete']) {
    await card.getByRole('button', { name }).click();
    await expect(dialog(page)).toBeVisible();
    for (const summary of await dialog(page).locator('summary').all()) await summary.click();
    await check(page, name);
    await closeDialog(page);
  }
  const search = page.getByRole('searchbox', { name: 'Search Hugging Face' });
  await search.fill('gguf');
  await search.press('Enter');
  const hits = page.getByRole('list', { name: 'Found on Hugging Face' }).getByRole('button');
  await hits.nth(2).click();
  await expect(dialog(page).getByLabel('Access token')).toBeVisible();
  await check(page, 'a repository that not everyone may read, and the hits');
  await closeDialog(page);
  await hits.first().click();
  await expect(dialog(page).getByText('Fits this device')).toBeVisible();
  await check(page, 'what a hit is');
});

test('the web app on a phone', async ({ chromiumBrowser, ui }) => {
  const phone = { viewport: { width: 390, height: 760 }, isMobile: true, hasTouch: true };
  const context = await chromiumBrowser.newContext({ ...phone, userAgent: IPHONE_SAFARI });
  const page = await context.newPage();
  await page.goto(`${ui}?view=pwa&models=many`);
  await expect(page.getByRole('button', { name: 'Show how' })).toBeVisible();
  await check(page, 'the chat');
  await page.getByRole('button', { name: 'Show how' }).tap();
  await check(page, 'how to install it');
  await closeDialog(page);
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
