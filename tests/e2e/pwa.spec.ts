import { servePwa } from '../../pwa/serve.ts';
import { launchChromium } from '../chromium.ts';
import { keepPictures } from '../pictures.ts';
import { ChatView } from './chat-view.ts';
import { expect, test } from './fixtures.ts';

test('the web app answers with the network off after one visit', async () => {
  const served = await servePwa(0);
  const url = `http://localhost:${served.port}/`;
  const { context, close } = await launchChromium();
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
    await expect(page.getByText(/ready/i).first()).toBeVisible();
    await keepPictures(page, 'pwa-empty');

    await served.close();
    await context.setOffline(true);
    await page.goto('about:blank');
    await page.goto(url);
    const chat = new ChatView(page);
    await chat.ask('What is the capital of France?');
    await expect(chat.messages.last()).toContainText('Paris');
    await expect(chat.stop).toBeHidden();
    await keepPictures(page, 'pwa-answer');
  } finally {
    await close();
  }
});

test('the web app fits a phone', async ({ pwa }) => {
  const viewport = { width: 390, height: 844 };
  const { context, close } = await launchChromium({ viewport, isMobile: true });
  try {
    const page = await context.newPage();
    await page.goto(pwa.url);
    const chat = new ChatView(page);
    await chat.ask('What is the opposite of hot?');
    await expect(chat.messages.last()).toContainText(/cold/i);
    await expect(chat.stop).toBeHidden();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(viewport.width);
    const box = await chat.composer.boundingBox();
    expect(box!.y + box!.height).toBeLessThanOrEqual(viewport.height);
    await keepPictures(page, 'pwa-phone');
  } finally {
    await close();
  }
});

test('the web app reloaded in the middle of an answer answers again', async ({ pwa }) => {
  const { context, close } = await launchChromium();
  try {
    const page = await context.newPage();
    await page.goto(pwa.url);
    const chat = new ChatView(page);
    await chat.ask('Tell me a story about a fox.');
    await expect(chat.stop).toBeVisible();
    await page.reload();
    await chat.ask('What is the capital of France?');
    await expect(chat.messages.last()).toContainText('Paris');
  } finally {
    await close();
  }
});

test('two windows of the web app share one engine, and the one that is left goes on', async ({ pwa }) => {
  const { context, close } = await launchChromium();
  const answersParis = async (chat: ChatView): Promise<void> => {
    await chat.ask('What is the capital of France?');
    await expect(chat.messages.last()).toContainText('Paris');
    await expect(chat.stop).toBeHidden();
  };
  try {
    const first = await context.newPage();
    await first.goto(pwa.url);
    await answersParis(new ChatView(first));
    const second = await context.newPage();
    await second.goto(pwa.url);
    const chat = new ChatView(second);
    await answersParis(chat);
    expect([first.workers().length > 0, second.workers().length]).toEqual([true, 0]);

    await first.close();
    await answersParis(chat);
    expect(second.workers().length).toBeGreaterThan(0);
  } finally {
    await close();
  }
});

test('the web app profiles its model on this GPU, and answers afterwards', async ({ pwa }) => {
  const { context, close } = await launchChromium();
  try {
    const page = await context.newPage();
    // A page of its own, for whoever types the address.
    await page.goto(`${pwa.url}lab.html`);
    await page.getByRole('button', { name: 'Profile', exact: true }).click();
    const dispatches = page.getByRole('slider', { name: 'Dispatches' });
    await expect(dispatches).toBeVisible();
    await dispatches.press('End');
    await expect(dispatches).toHaveAttribute('aria-valuetext', /^(\d+) of \1: [\w-]+, .*s$/);
    await expect(page.getByRole('table')).toContainText('mul-mat-vec-q4-0');
    await page.getByRole('link', { name: 'Chat' }).click();
    const chat = new ChatView(page);
    await chat.ask('What is the capital of France?');
    await expect(chat.messages.last()).toContainText('Paris');
  } finally {
    await close();
  }
});

test('without a GPU the web app says what is missing and what to do', async ({ pwa }) => {
  const { context, close } = await launchChromium({ args: ['--disable-gpu', '--disable-software-rasterizer'] });
  try {
    const page = await context.newPage();
    await page.goto(pwa.url);
    await expect(page.getByRole('alert')).toContainText(/No usable graphics processor|This browser has no WebGPU/);
    await expect(new ChatView(page).composer).toBeDisabled();
    await keepPictures(page, 'pwa-no-gpu');
  } finally {
    await close();
  }
});

test('the web app can be installed', async ({ pwa, page }) => {
  await page.goto(pwa.url);
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const response = await page.request.get(new URL(href!, pwa.url).href);
  const manifest = await response.json();
  expect(manifest.display).toBe('standalone');
  const purposes = manifest.icons.map(({ purpose }: { purpose?: string }) => purpose ?? 'any').join(' ');
  expect(purposes).toContain('maskable');
  expect(manifest.screenshots.map(({ form_factor }: { form_factor: string }) => form_factor)).toEqual([
    'narrow',
    'wide',
  ]);
  for (const { src, sizes } of [...manifest.icons, ...manifest.screenshots]) {
    const picture = await page.request.get(new URL(src, response.url()).href);
    // The figures in a PNG's header.
    const bytes = await picture.body();
    expect(`${src} ${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(`${src} ${sizes}`);
  }
  await expect(page.locator('link[rel="apple-touch-icon"]')).not.toHaveCount(0);
  await expect(page.locator('link[rel="apple-touch-startup-image"]')).not.toHaveCount(0);
});
