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
  // What takes the focus away and gives it back, or moves the buttons, starts the wait anew.
  for (const stir of ['resize', 'focus', 'blur']) {
    const disabled = await page.evaluate(async (type) => {
      dispatchEvent(new Event(type));
      await new Promise((resolve) => setTimeout(resolve, 50));
      return [...document.querySelectorAll('button')].map((button) => button.disabled);
    }, stir);
    expect(disabled).toEqual([true, true, false]);
  }
  await page.waitForTimeout(600);
  await expect(allow).toBeDisabled(); // behind another window nothing arms
  await page.evaluate(() => dispatchEvent(new Event('focus')));
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
  const readable = await view('permission', { origin: new URL('https://login.müller.example').origin });
  await expect(readable.locator('strong')).toHaveText('müller.example');
  await expect(readable.getByText('In code: login.xn--mller-kva.example')).toBeVisible();
  const fake = await view('permission', { origin: 'https://<b>bank.example</b>' });
  await expect(fake.getByText('Nothing to decide')).toBeVisible();
  await expect(fake.getByRole('button', { name: /allow/i })).toHaveCount(0);
});

test('a frame is asked about with the page around it, a private window is named', async ({ view }) => {
  const page = await view('permission', { top: 'https://news.example.com', private: '1' });
  await expect(page.getByRole('main')).toHaveAccessibleDescription(
    'https://notes.example.org inside the page of https://news.example.com',
  );
  await expect(page.getByText('private window')).toBeVisible();
  await expect(page).toHaveTitle('notes.example.org wants to use localLLM');
  const gone = await view('permission', { top: 'news' });
  await expect(gone.getByText('Nothing to decide')).toBeVisible();
});
