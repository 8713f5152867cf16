import { expect, test } from './fixtures.ts';

test('Allow arms only after a moment, and has no focus at first', async ({ view }) => {
  const page = await view('permission');
  const allow = page.getByRole('button', { name: 'Allow once' });
  await expect(allow).toBeVisible();
  await expect(page.getByRole('heading')).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Space');
  expect(await page.evaluate(() => testing.decisions)).toEqual([]);
  await expect(allow).toBeEnabled();
  // What takes the focus away and gives it back starts the wait anew.
  const disabled = await page.evaluate(async () => {
    dispatchEvent(new Event('focus'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    return [...document.querySelectorAll('button')].map((button) => button.disabled);
  });
  expect(disabled).toEqual([true, true, false]);
  await allow.click();
  expect(await page.evaluate(() => testing.decisions)).toEqual(['once']);
});

test('Escape decides nothing', async ({ view }) => {
  const page = await view('permission');
  await expect(page.getByRole('heading')).toBeVisible();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  expect(await page.evaluate(() => testing.decisions)).toEqual(['dismissed']);
});

test('the asker is spelled in punycode and never as markup', async ({ view }) => {
  const spelled = await view('permission', { origin: new URL('https://аррӏе.com').origin });
  await expect(spelled.getByText('xn--80ak6aa92e.com', { exact: true })).toBeVisible();
  await expect(spelled.getByText('can imitate a name')).toBeVisible();
  const fake = await view('permission', { origin: 'https://<b>bank.example</b>' });
  await expect(fake.getByText('Nothing to decide')).toBeVisible();
  await expect(fake.getByRole('button', { name: /allow/i })).toHaveCount(0);
});
