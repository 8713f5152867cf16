import type { Page } from '@playwright/test';
import type { ActivityRecord } from '../../extension/permissions/activity.ts';
import { keepPictures } from '../pictures.ts';
import { expect, test } from './fixtures.ts';

const cards = (page: Page) => page.locator('#sites .cards').getByRole('listitem');
const readable = (page: Page) =>
  page.getByRole('list', { name: 'Pages the side panel may read' }).getByRole('listitem');
const calls = (page: Page) => page.evaluate(() => testing.calls.splice(0));

test('a site shows what it used, and its limits are set by keyboard', async ({ view }) => {
  const page = await view('options');
  const card = cards(page).first();
  await expect(card.getByRole('heading')).toHaveText('https://notes.example.org');
  await expect(card).toContainText('1.2K requests · 856K tokens · 1.5 h');
  await expect(card).toContainText('61K of 200K tokens');
  await expect(cards(page).nth(1)).toContainText(/10\.4K of 10K tokens · again in \d+ min/);
  await expect(cards(page).nth(2)).toContainText('inside https://news.example.com');
  await expect(cards(page).nth(3)).toContainText('Private window');

  const pause = card.getByRole('button', { name: 'Pause' });
  await expect(pause).toHaveAccessibleDescription('https://notes.example.org');
  await pause.focus();
  await page.keyboard.press('Enter');
  await expect(card.getByText('Paused')).toBeVisible();
  await card.getByRole('button', { name: 'Resume' }).click();
  await expect(card.getByText('Paused')).toHaveCount(0);
  await card.getByText('Limits').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('ArrowDown');
  await expect(card.getByLabel('Tokens in an hour')).toHaveValue('1000000');
  await card.getByLabel('Time in an hour').selectOption('5 min');
  const offer = card.getByRole('switch', { name: 'Offer as LanguageModel' });
  await offer.focus();
  await page.keyboard.press('Space');
  await expect(offer).toBeChecked();
  const site = 'configure https://notes.example.org';
  const limits = '"tokensPerHour":1000000,"secondsPerHour":300';
  expect(await calls(page)).toEqual([
    `${site} {"paused":true}`,
    `${site} {}`,
    `${site} {"tokensPerHour":1000000}`,
    `${site} {${limits}}`,
    `${site} {${limits},"languageModel":true}`,
  ]);
});

test('a site is revoked, another one allowed by its address', async ({ view }) => {
  const page = await view('options');
  await expect(cards(page)).toHaveCount(5);
  await cards(page).last().getByRole('button', { name: 'Forget' }).click();
  await expect(cards(page)).toHaveCount(4);
  const address = page.getByLabel('Allow a site before it asks');
  for (const wrong of ['http://example.org', 'file:///x', 'https://']) {
    await address.fill(wrong);
    await address.press('Enter');
    await expect(address).toHaveAccessibleDescription(/address of a site/);
  }
  await address.fill('Example.org/path');
  await address.press('Enter');
  await expect(cards(page)).toHaveCount(5);
  await expect(address).toHaveValue('');
  expect(await calls(page)).toEqual(['revoke https://xn--80ak6aa92e.com', 'allow https://example.org']);
});

test('what the side panel may read is listed and revoked, and the focus goes on', async ({ view }) => {
  const page = await view('options');
  await expect(readable(page)).toHaveText([
    /https:\/\/boats\.example\.org.*15 minutes ago/,
    /notes\.example\.org.*needed for LanguageModel/,
    /\.example\.com/,
  ]);
  await shoot(page, 'readable');
  const revoke = (name: string) => page.getByRole('button', { name: `Revoke https://${name}`, exact: true });
  const said = page.locator('#sites').getByRole('status');

  await revoke('notes.example.org').focus();
  await page.keyboard.press('Enter');
  await expect(page.locator('#sites').getByRole('alert')).toContainText('goes on letting localLLM read');
  await expect(revoke('notes.example.org')).toBeFocused();
  await expect(said).toHaveText('');
  await page.keyboard.press('Enter');
  await expect(readable(page)).toHaveCount(2);
  await expect(page.locator('#sites').getByRole('alert')).toHaveCount(0);
  await expect(readable(page).last()).toBeFocused();
  await expect(said).toHaveText(/^Revoked for https:\/\/notes\.example\.org\. .* while LanguageModel is on there\.$/);
  await shoot(page, 'readable-revoked');
  // Enter on the row that has the focus now does nothing; the next Tab is its button.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(readable(page)).toHaveCount(1);
  await expect(readable(page)).toBeFocused();
  await revoke('boats.example.org').click();
  await expect(readable(page)).toHaveCount(0);
  await expect(page.getByText('Pages the side panel may read')).toHaveCount(0);
  await expect(said).toHaveText('Revoked for https://boats.example.org.');
  await expect(said).toBeFocused();
  await expect(cards(page)).toHaveCount(5);
  expect(await calls(page)).toEqual(
    [
      'https://notes.example.org',
      'https://notes.example.org',
      'https://a-very-long-name-of-a-site-that-goes-on-and-on.example.com',
      'https://boats.example.org',
    ].map((origin) => `revoke reading ${origin}`),
  );

  const empty = await view('options', { nosites: '1' });
  await expect(empty.getByText('No site has asked yet')).toBeVisible();
  await expect(empty.getByText('Pages the side panel may read')).toHaveCount(0);
});

/** In a window and on a phone. */
async function shoot(page: Page, name: string): Promise<void> {
  for (const [size, width] of [
    ['wide', 1000],
    ['phone', 360],
  ] as const) {
    await page.setViewportSize({ width, height: 760 });
    await page.locator('.readable').evaluate((part) => part.scrollIntoView({ block: 'center' }));
    await keepPictures(page, `${name}-${size}`);
  }
}

test('the log is shown page by page, cleared, and says where it is empty', async ({ view }) => {
  const page = await view('options');
  const log = page.locator('#activity');
  const entries = log.getByRole('listitem');
  await expect(entries).toHaveCount(50);
  await entries.first().getByText('Texts').click();
  await expect(entries.first().getByText('The capital of France is Paris.')).toBeVisible();
  await log.getByRole('button', { name: 'Show more' }).click();
  await expect(entries).toHaveCount(70);
  await log.getByRole('switch', { name: 'Keep a log' }).click();
  await expect(log.getByRole('switch', { name: 'Keep texts too' })).toBeDisabled();
  await log.getByRole('button', { name: 'Clear the log' }).click();
  await expect(entries).toHaveCount(0);
  await expect(log.getByText('the log is switched off')).toBeVisible();

  const empty = await view('options', { nosites: '1' });
  await expect(empty.getByText('No site has asked yet')).toBeVisible();
  await expect(empty.getByText('Nothing yet.')).toBeVisible();
});

test('nothing is wider than a small phone', async ({ view }) => {
  const page = await view('options');
  await page.setViewportSize({ width: 360, height: 700 });
  await expect(cards(page)).toHaveCount(5);
  await expect(readable(page)).toHaveCount(3);
  for (const summary of await page.locator('summary').all()) await summary.click();
  const wide = await page.evaluate(() => {
    const main = document.querySelector('main')!;
    return [main.scrollWidth - main.clientWidth, document.documentElement.scrollWidth - innerWidth];
  });
  expect(wide).toEqual([0, 0]);
});

test('the log keeps so many entries and so much text, and the latest of both', async ({ view }) => {
  const page = await view('options');
  const kept = await page.evaluate(async () => {
    const activity = new testing.Activity({ entries: 5, textChars: 25, every: 1 });
    const entry: ActivityRecord = {
      origin: 'https://a.example',
      timeMs: 1,
      method: 'generate',
      tokens: 1,
      durationMs: 1,
      outcome: 'done',
    };
    for (let timeMs = 1; timeMs <= 8; timeMs++) {
      await activity.add({ ...entry, timeMs, text: { prompt: '12345', answer: '12345' } });
    }
    const list = await activity.list();
    const later = await new testing.Activity().list(list[2]!.id);
    await activity.clear();
    return { list, later, cleared: await activity.list() };
  });
  expect(kept.list.map(({ timeMs, text }) => [timeMs, text !== undefined])).toEqual([
    [8, true],
    [7, true],
    [6, false],
    [5, false],
    [4, false],
  ]);
  expect(kept.later.map(({ timeMs }) => timeMs)).toEqual([5, 4]);
  expect(kept.cleared).toEqual([]);
});
