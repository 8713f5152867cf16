import type { Page } from '@playwright/test';
import { keepPictures } from '../pictures.ts';
import { expect, test } from './fixtures.ts';
import { DAY_MS, fill, TITLES } from './stored-chats.ts';

const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const toast = (page: Page) => page.locator('.chats-toast');

test('the keyboard shortcuts do what their list says', async ({ view }) => {
  const page = await view('popup', { delay: '20' });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await fill(page, TITLES.slice(0, 3), DAY_MS);
  await expect(composer(page)).toBeFocused();
  await page.keyboard.type('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Control+/');
  const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(help.getByRole('term')).toHaveCount(12);
  await keepPictures(page, 'shortcuts');
  await page.keyboard.press('Escape');

  await page.keyboard.press('Alt+c');
  await expect(toast(page)).toContainText('Answer copied');
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('crème brûlée number 0.');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page.getByText('crème brûlée number 1.')).toBeVisible();
  await page.keyboard.press('Alt+ArrowUp');
  await expect(page.getByText('crème brûlée number 0.')).toBeVisible();

  await page.keyboard.press('ArrowUp');
  const editor = page.getByRole('article').first().getByRole('textbox');
  await expect(editor).toHaveValue('Capital of France?');
  await page.keyboard.press('Escape');
  await expect(editor).toHaveCount(0);
  await page.keyboard.press('Alt+i');
  await expect(composer(page)).toBeFocused();
  await page.keyboard.press('Alt+r');
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByText('Stopped', { exact: true })).toBeVisible();
  await page.keyboard.press('Alt+n');
  await expect(page.getByText('Ask the model on this device')).toBeVisible();
  await page.keyboard.press('Alt+l');
  await expect(page.getByRole('dialog', { name: 'Chats' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(composer(page)).toBeFocused();

  await page.getByRole('button', { name: 'Chats', exact: true }).focus();
  await page.keyboard.press('Shift+?');
  await help.getByRole('checkbox').uncheck();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Shift+?');
  await expect(help).toHaveCount(0);
});

test('the views beside the chat have the shortcuts that lead back', async ({ view }) => {
  const page = await view('pwa');
  await page.keyboard.press('Alt+m');
  await expect(page.getByRole('heading', { name: 'Models', exact: true })).toBeFocused();
  await page.keyboard.press('Shift+?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Alt+i');
  await expect(composer(page)).toBeFocused();
});
