import type { Page } from '@playwright/test';
import type { ActivityRecord } from '../../extension/permissions/activity.ts';
import { expect, test } from './fixtures.ts';

const cards = (page: Page) => page.locator('#sites').getByRole('listitem');
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
