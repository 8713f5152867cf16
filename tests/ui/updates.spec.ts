import { expect, test } from './fixtures.ts';

test('an update waits for the answer that is being written, and says so', async ({ view }) => {
  const page = await view('pwa', { delay: 'Infinity' });
  await page.getByRole('textbox', { name: 'Message' }).fill('Tell me a story.');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article').last()).toContainText('Paris');
  await page.evaluate(() => testing.updates.apply());
  await expect(page.getByText('Updating when this answer is complete.')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Stop' })).toBeVisible();
  const reloaded = page.waitForEvent('load');
  await page.getByRole('button', { name: 'Stop' }).click();
  await reloaded;
  await expect(page.getByRole('article').last()).toContainText('Paris');
});
