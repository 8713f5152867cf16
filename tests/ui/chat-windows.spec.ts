import type { Page } from '@playwright/test';
import { keepPictures } from '../pictures.ts';
import { ask } from './chat-page.ts';
import { expect, test } from './fixtures.ts';

test('an answer whose window closes is there as stopped, and can be retried', async ({ view }) => {
  const page = await view('popup', { delay: 'Infinity' });
  await ask(page, 'Tell me a story.');
  // It has been written for a while: what a machine that is busy wrote last may be lost with its window.
  await expect(page.getByRole('article').last()).toContainText('if you like.');
  await page.close({ runBeforeUnload: false });

  const again = await view('popup');
  await expect(again.getByRole('article').last()).toContainText('Paris');
  await expect(again.getByText('Stopped', { exact: true })).toBeVisible();
  await again.getByRole('button', { name: 'Retry' }).click();
  await expect(again.getByText('tokens/s')).toBeVisible();
  await expect(again.getByRole('article')).toHaveCount(2);
});

test('what was typed and not sent is there when the window comes back', async ({ view }) => {
  const page = await view('popup');
  const field = (of: Page) => of.getByRole('textbox', { name: 'Message' });
  await field(page).fill('Half a thou');
  await page.close({ runBeforeUnload: false });
  const again = await view('popup');
  await expect(field(again)).toHaveValue('Half a thou');
  await expect(field(again)).toBeFocused();
  await again.keyboard.type('ght');
  await expect(field(again)).toHaveValue('Half a thought');
  const beside = await view('popup'); // while that one is there, it is its own
  await expect(field(beside)).toHaveValue('');
  await beside.close({ runBeforeUnload: false });
  await again.bringToFront();
  await again.reload();
  await expect(field(again)).toHaveValue('Half a thought');
  await again.getByRole('button', { name: 'Send' }).click();
  await again.reload();
  await expect(again.getByRole('article').first()).toHaveText('Half a thought');
  await expect(field(again)).toHaveValue('');
});

test('what was attached and not sent is there when the window comes back, until it is sent or removed', async ({
  view,
}) => {
  const notes = { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Notes\n\nAt nine.\n') };
  const list = { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('eggs') };
  const attached = (of: Page) => of.getByRole('list', { name: 'Attached' });
  const left = await view('popup');
  await left.locator('form.composer input[type=file]').setInputFiles([notes, list]);
  await expect(attached(left).getByRole('listitem')).toHaveCount(2);
  await left.close({ runBeforeUnload: false });

  const page = await view('popup');
  await expect(attached(page).locator('.attachment-name')).toHaveText(['notes.md', 'list.txt']);
  await keepPictures(page, 'chat-draft-kept');
  await page.getByRole('button', { name: 'Remove list.txt' }).click();
  const beside = await view('popup'); // while that one is there, it is its own
  await expect(beside.getByText('Ask the model on this device')).toBeVisible();
  await expect(attached(beside)).toHaveCount(0);
  await beside.close({ runBeforeUnload: false });
  await page.bringToFront();
  await page.reload();
  await expect(attached(page).locator('.attachment-name')).toHaveText(['notes.md']);
  await ask(page, 'When is it?');
  await expect(page.getByText('tokens/s')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('article').first().locator('.attachment-name')).toHaveText(['notes.md']);
  await expect(attached(page)).toHaveCount(1);
});

test('of a private window nothing stays', async ({ view }) => {
  const left = await view('popup');
  await left.getByRole('textbox', { name: 'Message' }).fill('Not to be seen there');
  const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.from(name) });
  await left.locator('form.composer input[type=file]').setInputFiles(file('left.txt'));
  await expect(left.getByRole('list', { name: 'Attached' })).toContainText('left.txt');
  await left.close({ runBeforeUnload: false });
  const page = await view('popup', { private: '' });
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('');
  await expect(page.getByRole('list', { name: 'Attached' })).toHaveCount(0);
  await ask(page);
  await expect(page.getByText('tokens/s')).toBeVisible();
  await expect(page.getByText('Private window: chats here are kept nowhere')).toBeVisible();
  await keepPictures(page, 'chat-private');
  await page.getByRole('button', { name: 'New chat' }).click();
  await ask(page, 'And of Spain?');
  await expect(page.getByText('tokens/s')).toBeVisible();
  await page.getByRole('button', { name: 'Chats', exact: true }).click();
  const chats = page.getByRole('dialog', { name: 'Chats' }).locator('[data-chat]');
  await expect(chats).toHaveText(['And of Spain?', 'What is the capital of France?']);
  await page.getByRole('searchbox', { name: 'Search chats' }).fill('spain');
  await expect(chats).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search chats' }).fill('');
  await expect(chats).toHaveCount(2);
  await chats.last().click();
  await expect(page.getByRole('article').first()).toHaveText('What is the capital of France?');
  await page.getByRole('textbox', { name: 'Message' }).fill('Half a thought');
  await page.locator('form.composer input[type=file]').setInputFiles(file('private.txt'));
  await expect(page.getByRole('list', { name: 'Attached' })).toContainText('private.txt');

  const other = await view('popup');
  await expect(other.getByText('Ask the model on this device')).toBeVisible();
  await expect(other.getByRole('textbox', { name: 'Message' })).toHaveValue('Not to be seen there');
  await expect(other.locator('.attachment-name')).toHaveText(['left.txt']);
  await page.reload();
  await expect(page.getByText('Ask the model on this device')).toBeVisible();
  await expect(page.getByRole('textbox', { name: 'Message' })).toHaveValue('');
  await expect(page.getByRole('list', { name: 'Attached' })).toHaveCount(0);
  expect(await page.evaluate(async () => (await testing.createHistory().list()).length)).toBe(0);
  expect(await page.evaluate(() => localStorage.getItem('localllm-draft'))).toBeNull();
});

test('a conversation that another window has open is not written by two', async ({ view }) => {
  const page = await view('popup');
  await ask(page);
  await expect(page.getByText('tokens/s')).toBeVisible();
  const second = await view('popup');
  await expect(second.getByText('Ask the model on this device')).toBeVisible();
  await second.getByRole('button', { name: 'Chats' }).click();
  await second
    .getByRole('dialog')
    .getByRole('button', { name: /^What is the capital/ })
    .click();
  await expect(second.getByRole('alert')).toContainText('another window');
});
