import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { keepPictures } from '../pictures.ts';
import { expect, test } from './fixtures.ts';
import { DAY_MS, fill, TITLES } from './stored-chats.ts';

const list = (page: Page) => page.locator('.chats-list');
const row = (page: Page, title: string) => list(page).locator('[data-chat]', { hasText: title });
const rows = (page: Page) => list(page).locator('[data-chat]');
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search chats' });
const toast = (page: Page) => page.locator('.chats-toast');
const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const stored = (page: Page) =>
  page.evaluate(async () => (await testing.createHistory().list()).map(({ title }) => title));

async function wide(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1180, height: 760 });
  await expect(page.getByRole('complementary', { name: 'Chats' })).toBeVisible();
}

test('the column: groups, search in texts, rename, delete and undo by keyboard', async ({ view }) => {
  const page = await view('pwa');
  await fill(page, TITLES, 3 * DAY_MS);
  await wide(page);
  await expect(list(page).getByRole('heading').first()).toHaveText('Today');
  await expect(list(page).getByRole('heading').nth(1)).toHaveText('Previous 7 days');
  await expect(row(page, 'Capital of France')).toHaveAttribute('aria-current', 'true');
  await keepPictures(page, 'chats-column');

  await page.keyboard.press('Alt+k');
  await expect(search(page)).toBeFocused();
  await page.keyboard.type('CREME 3');
  await expect(rows(page)).toHaveCount(1);
  await expect(row(page, 'Names for a boat').locator('mark')).toHaveText(['crème', '3']);
  await expect(page.getByText('1 chat found')).toBeAttached();
  await keepPictures(page, 'chats-search');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article').first()).toHaveText(/Names for a boat/);
  await expect(composer(page)).toBeFocused();
  await search(page).fill('people');
  const snippet = row(page, 'Names for a boat').locator('.chats-snippet');
  await expect(snippet).toHaveText(/^About this, people say many things\. In the end it is/);
  await expect(snippet.locator('mark')).toHaveText('people');
  await search(page).fill('zebra');
  await expect(page.getByText('Nothing found for “zebra”.')).toBeVisible();
  await search(page).press('Escape');
  await expect(rows(page)).toHaveCount(TITLES.length);

  await search(page).press('ArrowDown');
  await expect(row(page, 'Capital of France')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('F2');
  const field = page.getByRole('textbox', { name: 'Title of the chat' });
  await expect(field).toBeFocused();
  await keepPictures(page, 'chats-rename');
  await page.keyboard.type('Letters');
  await page.keyboard.press('Escape');
  await expect(row(page, 'JSON out of a letter')).toBeFocused();
  await page.keyboard.press('F2');
  await page.keyboard.type('Letters');
  await page.keyboard.press('Enter');
  await expect(row(page, 'Letters')).toBeFocused();

  await page.keyboard.press('Delete');
  await expect(toast(page)).toContainText('Deleted “Letters”');
  await expect(row(page, 'Names for a boat')).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(toast(page)).toContainText('Deleted 2 chats');
  await expect(row(page, 'Why is the sky blue')).toBeFocused();
  await expect(composer(page)).toHaveValue('');
  await expect.poll(() => stored(page)).toHaveLength(TITLES.length - 2);
  await toast(page).getByRole('button', { name: 'Undo' }).click();
  await expect(row(page, 'Names for a boat')).toHaveAttribute('aria-current', 'true');
  await expect(page.getByText('crème brûlée number 3')).toBeVisible();

  await row(page, 'Letters').hover();
  await page.getByRole('button', { name: 'More for “Letters”' }).click();
  await expect(page.getByRole('menuitem', { name: 'Rename' })).toBeFocused();
  await keepPictures(page, 'chats-menu');
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'More for “Letters”' })).toBeFocused();
  await page.getByRole('button', { name: 'Chats', exact: true }).click();
  await expect(list(page)).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('article').first()).toBeVisible();
  await expect(list(page)).toHaveCount(0);
});

test('two thousand chats: few are drawn, every one can be reached and found', async ({ view }) => {
  const page = await view('pwa');
  await fill(
    page,
    Array.from({ length: 2000 }, (_, index) => `Chat ${index}.`),
    DAY_MS / 4,
  );
  await wide(page);
  await expect(rows(page).first()).toBeVisible();
  expect(await rows(page).count()).toBeLessThan(300);
  await search(page).pressSequentially('brûlée number 1999', { delay: 5 });
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('Chat 1999.');
  await search(page).fill('');
  await expect(rows(page).first()).toContainText('Chat 0.'); // what was found goes, and the focus with it
  await rows(page).first().focus();
  await page.keyboard.press('End');
  await expect(row(page, 'Chat 1999.')).toBeFocused();
  await expect(row(page, 'Chat 1999.')).toBeInViewport();
  await page.keyboard.press('Home');
  await expect(row(page, 'Chat 0.')).toBeInViewport();
});

test('the drawer: a chat is chosen, another window has one, all are deleted', async ({ view }) => {
  const page = await view('pwa');
  await page.getByRole('button', { name: 'Chats', exact: true }).click();
  await expect(page.getByText('No chats yet.')).toBeVisible();
  await keepPictures(page, 'chats-none');
  await fill(page, TITLES, 3 * DAY_MS);
  const popup = await view('popup');
  await popup.getByRole('button', { name: 'Chats', exact: true }).click();
  const drawer = popup.getByRole('dialog', { name: 'Chats' });
  await expect(search(popup)).toBeFocused();
  await expect(row(popup, 'Capital of France')).toContainText('Open in another window');
  await keepPictures(popup, 'chats-popup');
  await row(popup, 'Capital of France').click();
  await expect(drawer.getByRole('alert')).toContainText('open in another window');
  await row(popup, 'Dinner for six').click();
  await expect(drawer).toHaveCount(0);
  await expect(popup.getByText('crème brûlée number 6')).toBeVisible();
  await page.close();

  await popup.getByRole('button', { name: 'Chats', exact: true }).click();
  await expect(popup.getByText('Open in another window')).toHaveCount(0);
  await row(popup, 'Dinner for six').focus();
  await popup.keyboard.press('F2');
  await popup.keyboard.press('Escape');
  await expect(drawer).toBeVisible();
  await popup.getByRole('button', { name: 'More for all chats' }).click();
  await popup.getByRole('menuitem', { name: 'Delete all chats' }).click();
  await keepPictures(popup, 'chats-delete-all');
  await popup.getByRole('dialog', { name: 'Delete all chats?' }).getByRole('button', { name: 'Keep' }).click();
  await expect(rows(popup)).toHaveCount(TITLES.length);
  await popup.getByRole('button', { name: 'More for all chats' }).click();
  await popup.getByRole('menuitem', { name: 'Delete all chats' }).click();
  await popup.getByRole('button', { name: 'Delete all', exact: true }).click();
  await expect(popup.getByText('No chats yet.')).toBeVisible();
  await expect(popup.getByText('Ask the model on this device')).toBeAttached();
  await expect.poll(() => stored(popup)).toEqual([]);
});

test('chats are saved as files and come back from them', async ({ view }) => {
  const page = await view('pwa');
  await fill(page, TITLES.slice(0, 2), DAY_MS);
  await wide(page);
  const save = async (menu: string, item: string) => {
    await page.getByRole('button', { name: menu }).click();
    const downloading = page.waitForEvent('download');
    await page.getByRole('menuitem', { name: item }).click();
    const download = await downloading;
    const path = test.info().outputPath(download.suggestedFilename());
    await download.saveAs(path);
    return path;
  };
  const open = async (...paths: string[]) => {
    await page.getByRole('button', { name: 'More for all chats' }).click();
    const choosing = page.waitForEvent('filechooser');
    await page.getByRole('menuitem', { name: 'Import chats' }).click();
    await (await choosing).setFiles(paths);
  };
  const all = await save('More for all chats', 'Save all as JSON');
  await row(page, 'Capital of France').hover();
  const markdown = await save('More for “Capital of France”', 'Save as Markdown');
  expect(markdown).toMatch(/Capital of France\.md$/);
  expect(await readFile(markdown, 'utf8')).toContain('## Assistant (Pocket)\n\nAbout this, **people** say');

  await page.evaluate(() => testing.createHistory().clear());
  await page.reload();
  await expect(page.getByText('No chats yet.')).toBeVisible();
  await open(all);
  await expect(toast(page)).toContainText('Imported 2 chats');
  expect(await readFile(await save('More for all chats', 'Save all as JSON'), 'utf8')).toBe(
    await readFile(all, 'utf8'),
  );
  await open(markdown);
  await expect(page.getByText('crème brûlée number 0')).toBeVisible();
  await expect(row(page, 'Capital of France')).toHaveCount(2);
  await open(all, join(import.meta.dirname, 'index.html'));
  await expect(page.getByRole('alert')).toContainText('“index.html” was not imported. It holds no chats of localLLM.');
  await expect.poll(() => stored(page)).toHaveLength(3);
});

test('on a phone the list is a drawer that fingers can use', async ({ view }) => {
  const page = await view('pwa');
  await fill(page, TITLES, 3 * DAY_MS);
  await page.setViewportSize({ width: 360, height: 740 });
  await page.getByRole('button', { name: 'Chats', exact: true }).click();
  await search(page).fill('creme');
  await expect(list(page).locator('mark').first()).toBeVisible();
  const drawer = await page.getByRole('dialog', { name: 'Chats' }).boundingBox();
  expect(drawer!.width).toBeLessThanOrEqual(340);
  expect(await list(page).evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0);
  await keepPictures(page, 'chats-phone');
});
