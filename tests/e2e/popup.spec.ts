import type { ExtensionBrowser } from '../chromium.ts';
import { answerPermission } from '../pages.ts';
import { keepPictures } from '../pictures.ts';
import { ChatView } from './chat-view.ts';
import { expect, test } from './fixtures.ts';

test.beforeEach(async ({ extension }) => {
  // Each test starts without the conversations of the others.
  const page = await extension.context.newPage();
  await page.goto(`${extension.extensionOrigin}/options.html`);
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) if (name) indexedDB.deleteDatabase(name);
  });
  await page.close();
});

async function openPopup(extension: ExtensionBrowser): Promise<ChatView> {
  const page = await extension.context.newPage();
  await page.setViewportSize({ width: 400, height: 600 });
  await page.goto(`${extension.extensionOrigin}/popup.html`);
  return new ChatView(page);
}

test('the popup chats, and its history survives closing it', async ({ extension }) => {
  const popup = await openPopup(extension);
  await popup.ask('What is the capital of France?');
  await expect(popup.messages.last()).toContainText('Paris');
  await expect(popup.stop).toBeHidden();
  await keepPictures(popup.page, 'popup-answer');
  await popup.page.close();

  const again = await openPopup(extension);
  await expect(again.messages.first()).toContainText('What is the capital of France?');
  await expect(again.messages.last()).toContainText('Paris');
  await again.newChat.click();
  await expect(again.messages).toHaveCount(0);
  await keepPictures(again.page, 'popup-empty');
  await again.page.close();
});

test('an answer in the popup is stopped, retried, cut and continued', async ({ extension }) => {
  const popup = await openPopup(extension);
  await popup.ask('Tell me a story about a fox.');
  await popup.stop.click();
  await expect(popup.messages.last()).toContainText('Stopped');
  await popup.retry.click();
  await expect(popup.messages.last()).toContainText('tokens/s');
  await expect(popup.messages.last()).toContainText('fox');
  await expect(popup.messages).toHaveCount(2);

  await popup.page.getByRole('button', { name: 'Chat settings' }).click();
  await popup.page.getByLabel('Longest answer').fill('6');
  await popup.page.getByRole('button', { name: 'Done' }).click();
  await popup.retry.click();
  await expect(popup.messages.last()).toContainText('Cut at its length limit');
  const text = popup.messages.last().locator('.markdown');
  const cut = (await text.innerText()).trim();
  await popup.page.getByRole('button', { name: 'Continue' }).click();
  await expect(popup.messages.last()).toContainText('12 tokens');
  expect((await text.innerText()).startsWith(cut)).toBe(true);
  await expect(popup.messages).toHaveCount(2);
  await popup.page.close();
});

test('the options page shows sites, models and the engine', async ({ extension, openSite }) => {
  const site = await openSite('listed');
  await site.ask('What is the capital of France?');
  await answerPermission(extension.context, 'Always allow');
  await expect(site.status).toHaveText('done');
  const page = await extension.context.newPage();
  await page.goto(`${extension.extensionOrigin}/options.html`);
  await expect(
    page
      .getByRole('listitem')
      .filter({ hasText: new URL(site.origin).host })
      .first(),
  ).toBeVisible();
  await expect(page.getByText('Pocket').first()).toBeVisible();
  await expect(page.getByText(/swiftshader|vulkan|metal|d3d|nvidia|intel|amd|apple/i).first()).toBeVisible();
  await keepPictures(page, 'options');
  await page.close();
});

test('the permission window names the site and waits a moment before it can be answered', async ({
  extension,
  openSite,
}) => {
  const site = await openSite('question');
  const opened = extension.context.waitForEvent('page', (page) => page.url().includes('/permission.html'));
  await site.ask('What is the capital of France?');
  const question = await opened;
  await question.setViewportSize({ width: 440, height: 520 });
  await expect(question.getByText('question.localhost')).toBeVisible();
  await expect(question.getByRole('button', { name: 'Allow once' })).toBeEnabled();
  await expect(question.getByRole('button', { name: 'Never' })).toBeInViewport();
  await keepPictures(question, 'permission');
  await question.getByRole('button', { name: 'Never' }).click();
  await expect(site.status).toContainText('NotAllowedError');
});
