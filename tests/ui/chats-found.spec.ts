import type { Page } from '@playwright/test';
import { keepPictures } from '../pictures.ts';
import { expect, test } from './fixtures.ts';
import { fillLong } from './stored-chats.ts';

/** Sooner than what is marked is marked no longer. */
const SOON = { timeout: 5_000 };
const WIDE = { width: 1180, height: 760 };
const rows = (page: Page) => page.locator('.chats-list [data-chat]');
const row = (page: Page, title: string) => rows(page).filter({ hasText: title });
const search = (page: Page) => page.getByRole('searchbox', { name: 'Search chats' });
const composer = (page: Page) => page.getByRole('textbox', { name: 'Message' });
const said = (page: Page) => page.locator('.messages > [role=status]');
const version = (page: Page, which: 'Previous' | 'Next') => page.getByRole('button', { name: `${which} version` });
const question = (page: Page, text: string) => page.locator('.message.user', { hasText: text });
const end = (page: Page) => page.getByText('This is message 199');

/** The words that are marked, the message that is outlined, and where the first word is: from 0, the upper edge of the messages, to 1. */
const marked = (page: Page) =>
  page.evaluate(() => {
    const ranges = [...(CSS.highlights?.get('found') ?? [])] as Range[];
    const { top = 0, height = 1, right = 0 } = document.querySelector('.scroller')?.getBoundingClientRect() ?? {};
    const first = ranges[0]?.getBoundingClientRect();
    const at = first && first.right <= right ? (first.top - top) / height : -1;
    return { words: ranges.map(String), outlined: document.querySelector('.turn.outlined')?.textContent ?? '', at };
  });
type Marked = Awaited<ReturnType<typeof marked>>;

/** Opens the chat that is found, and tells what is marked when the page has had time to go elsewhere. */
async function openFound(
  page: Page,
  query: string,
  expected: { words: string[]; outlined?: unknown },
): Promise<Marked> {
  let seen: Marked | undefined;
  // What is marked is so for some seconds only, which may be over on a busy machine.
  await expect(async () => {
    const drawer = page.viewportSize()!.width < WIDE.width;
    const button = page.getByRole('button', { name: 'Chats', exact: true });
    if (drawer && !(await search(page).isVisible())) await button.click(SOON);
    await search(page).fill(query, SOON);
    await expect(rows(page)).toHaveCount(1, SOON);
    await row(page, 'Kangaroo').click(SOON);
    await expect.poll(() => marked(page), SOON).toMatchObject(expected);
    await page.evaluate(async () => {
      for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame);
    });
    seen = await marked(page);
    expect(seen).toMatchObject(expected);
  }).toPass();
  return seen!;
}

async function openOther(page: Page): Promise<void> {
  await search(page).fill('');
  await row(page, 'What is open').click();
  await expect(page.getByText('What is here?')).toBeVisible();
  await expect.poll(() => marked(page)).toMatchObject({ words: [], outlined: '' });
}

test('a chat that is found by its words opens at them, however long ago they were said', async ({ view }) => {
  const page = await view('pwa');
  await fillLong(page);
  await page.setViewportSize(WIDE);
  const quokkas = await openFound(page, 'QUOKKAS live', { words: ['quokkas', 'live'], outlined: '' });
  expect(quokkas.at).toBeGreaterThan(0);
  expect(quokkas.at).toBeLessThan(0.5);
  await expect(question(page, 'Where do quokkas live?')).toBeInViewport();
  await expect(end(page)).not.toBeInViewport();
  await expect(composer(page)).toBeFocused();
  await expect(said(page)).toHaveText('Opened at what was found: message 9 of 200.');
  await keepPictures(page, 'chats-found');
  await page.emulateMedia({ forcedColors: 'active' });
  await keepPictures(page, 'chats-found-forced');
  await page.emulateMedia({ forcedColors: 'none' });
  await expect.poll(() => marked(page)).toMatchObject({ words: [] });
  await expect(question(page, 'Where do quokkas live?')).toBeInViewport();

  const wombat = await openFound(page, 'wombat', { words: ['wombat', 'Wombat'] });
  expect(wombat.at).toBeCloseTo(1 / 3);
  await expect(said(page)).toHaveText('Opened at what was found: message 32 of 200.');
  await keepPictures(page, 'chats-found-late');
  await page.getByRole('button', { name: 'Scroll to the end' }).click();
  await expect(end(page)).toBeInViewport();

  await openOther(page);
  const bandicoot = await openFound(page, 'bandicoot', { words: ['bandicoot'] });
  expect(bandicoot.at).toBeGreaterThan(0);
  expect(bandicoot.at).toBeLessThan(0.5);
  await openOther(page);
  await row(page, 'Kangaroo').click();
  await expect(end(page)).toBeInViewport();
  expect(await marked(page)).toMatchObject({ words: [], outlined: '' });
});

test('what was found on another branch or in thoughts is shown, and versions stay where they are', async ({ view }) => {
  const page = await view('pwa');
  await fillLong(page);
  await page.setViewportSize(WIDE);
  await openFound(page, 'platypus', { words: ['platypus'] });
  await expect(question(page, 'Or is it a platypus?')).toBeInViewport();
  await expect(page.getByText('2 of 2')).toBeInViewport();
  await expect(said(page)).toHaveText('Opened at what was found: message 101 of 102.');
  await version(page, 'Previous').click();
  await expect(question(page, 'This is message 100,')).toBeInViewport();
  expect((await marked(page)).words.join('')).toBe('');
  await version(page, 'Next').click();
  await expect(question(page, 'Or is it a platypus?')).toBeInViewport();
  await version(page, 'Previous').click();
  await expect(question(page, 'This is message 100,')).toBeInViewport();

  await openFound(page, 'echidna', { words: ['echidna'] });
  await expect(row(page, 'Kangaroo').locator('.chats-snippet')).toHaveText('In thoughts: echidna · It has spines.');
  await expect(page.locator('.thoughts-text')).toBeInViewport();
  await keepPictures(page, 'chats-found-thoughts');
});

test('where words cannot be marked their message is outlined; a title alone opens a chat at its end', async ({
  view,
}) => {
  const page = await view('pwa');
  await fillLong(page);
  await page.setViewportSize(WIDE);
  await openFound(page, 'numbat', { words: [], outlined: expect.stringContaining('budget.txt') });
  await expect(page.getByText('budget.txt')).toBeInViewport();
  await keepPictures(page, 'chats-found-file');
  await page.evaluate(() => Reflect.deleteProperty(CSS, 'highlights'));
  await openFound(page, 'wombat', { words: [], outlined: expect.stringContaining('Then a wombat came') });
  await expect(page.getByRole('article').getByText('Then a wombat came')).toBeInViewport();
  await keepPictures(page, 'chats-found-outlined');
  await expect.poll(() => marked(page)).toMatchObject({ outlined: '' });

  await openOther(page);
  await search(page).fill('kangaroo');
  await expect(rows(page)).toHaveCount(1);
  await row(page, 'Kangaroo').click();
  await expect(end(page)).toBeInViewport();
  expect(await marked(page)).toMatchObject({ words: [], outlined: '' });
});

test('on a phone, and while an answer is written, what was found stays in sight', async ({ view }) => {
  const page = await view('pwa', { delay: 'Infinity', answer: 'An answer about a boat, and more.' });
  await fillLong(page);
  await page.setViewportSize({ width: 360, height: 640 });
  await openFound(page, 'quokkas', { words: ['quokkas'] });
  await expect(question(page, 'Where do quokkas live?')).toBeInViewport();
  await keepPictures(page, 'chats-found-phone');
  await composer(page).fill('And boats?');
  await composer(page).press('Enter');
  await expect(page.getByText('and more.')).toBeInViewport();
  const wombat = await openFound(page, 'wombat', { words: ['wombat', 'Wombat'] });
  expect(wombat.at).toBeCloseTo(1 / 3);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Stop' })).toHaveCount(0);
  await expect(page.getByText('Then a wombat came')).toBeInViewport();
});
