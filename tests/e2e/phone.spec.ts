import { AxeBuilder } from '@axe-core/playwright';
import type { Page, Worker } from '@playwright/test';
import { launchPhone, type Phone } from '../phone.ts';
import { keepPictures } from '../pictures.ts';
import { ChatView } from './chat-view.ts';
import { expect, test } from './fixtures.ts';

/** Opens the served web app on a phone, and closes the phone after the test. */
async function withPhone(url: string, work: (phone: Phone) => Promise<void>): Promise<void> {
  const phone = await launchPhone();
  try {
    await phone.page.goto(url);
    await work(phone);
  } finally {
    await phone.close();
  }
}

const engine = (page: Page) => page.locator('.chat-head');

/** Of what only the web app has on a phone; the other views are looked at with a pretended engine. */
async function isAccessible(page: Page): Promise<void> {
  const { violations, passes } = await new AxeBuilder({ page }).setLegacyMode().analyze();
  expect(passes.length).toBeGreaterThan(5);
  expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
}

async function noSidewaysScrolling(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(393);
}

test('on a phone: how to install it, what fits, room for the keyboard', async ({ pwa }) => {
  await withPhone(pwa.url, async ({ page, cdp }) => {
    const offer = page.getByRole('complementary', { name: 'Install localLLM' });
    await expect(offer).toBeVisible();
    await isAccessible(page);
    await keepPictures(page, 'phone-offer');
    await offer.getByRole('button', { name: 'Show how' }).click();
    const guide = page.getByRole('dialog', { name: 'Add to Home Screen' });
    await expect(guide.getByRole('listitem')).toHaveCount(4);
    await expect(guide).toContainText('seven days');
    await isAccessible(page);
    await keepPictures(page, 'phone-guide');
    await guide.getByRole('button', { name: 'Close' }).click();
    await expect(offer).toHaveCount(0);
    await page.reload();
    await expect(page.getByRole('textbox', { name: 'Message' })).toBeEnabled();
    await expect(offer).toHaveCount(0);

    await page.getByRole('link', { name: 'Engine' }).click();
    await expect(page.getByText('Install localLLM to keep models and chats. iOS removes')).toBeVisible();
    await isAccessible(page);
    await keepPictures(page, 'phone-engine');
    await page.getByRole('button', { name: 'Install localLLM' }).click();
    await expect(guide).toBeVisible();
    await guide.getByRole('button', { name: 'Close' }).click();
    await noSidewaysScrolling(page);

    await page.getByRole('link', { name: 'Models' }).click();
    const offers = page.getByRole('region', { name: 'Catalogue' }).getByRole('listitem');
    const large = offers.filter({ has: page.getByRole('heading', { name: 'Qwen3 8B' }) });
    await expect(large).toContainText('Too large here');
    await expect(large).toContainText(
      /needs about .* GB of GPU memory, and this system ends a page that takes more than 1\.2 GB/,
    );
    const small = offers.filter({ has: page.getByRole('heading', { name: 'SmolLM2 360M' }) });
    await expect(small).toBeVisible();
    await expect(small).not.toContainText(/Too large|Tight/);
    await keepPictures(page, 'phone-models');
    await noSidewaysScrolling(page);

    await page.getByRole('link', { name: 'Chat' }).click();
    const { composer } = new ChatView(page);
    await composer.click();
    // What is left above the keyboard.
    await cdp.send('Emulation.setDeviceMetricsOverride', {
      width: 393,
      height: 480,
      deviceScaleFactor: 2,
      mobile: true,
    });
    await expect(page.getByRole('navigation', { name: 'Views' })).toBeHidden();
    const box = (await composer.boundingBox())!;
    expect(box.y + box.height).toBeLessThanOrEqual(480);
    await keepPictures(page, 'phone-keyboard');
  });
});

/** The GPU is lost, and until the returned function is called the browser has no other. */
async function takeGpu({ page }: Phone, worker: Worker): Promise<() => Promise<void>> {
  await worker.evaluate(() => {
    navigator.gpu.requestAdapter = async () => null;
  });
  await crashGpu(page);
  return () => worker.evaluate(() => void Reflect.deleteProperty(navigator.gpu, 'requestAdapter'));
}

async function crashGpu(page: Page): Promise<void> {
  const devtools = await page.context().browser()!.newBrowserCDPSession();
  await devtools.send('Browser.crashGpuProcess').catch(() => undefined); // it may be gone before it answers
}

test('on a phone: away and back again, the conversation stands and the engine returns', async ({ pwa }) => {
  await withPhone(pwa.url, async (phone) => {
    const { page, cdp, hide, show } = phone;
    const chat = new ChatView(page);
    const turn = page.locator('.turn').last();
    const answer = turn.locator('.block').first();
    await expect(engine(page)).toContainText('ready');
    await chat.ask('Tell me a little story about a fox.');
    await expect(answer).toContainText(/\w+ \w+/);
    await hide();
    await expect(turn).toContainText('Stopped');
    await expect(engine(page)).toContainText('not loaded');
    const told = await answer.textContent();
    await show();
    await expect(engine(page)).toContainText('ready');
    await expect(answer).toHaveText(told!);
    await keepPictures(page, 'phone-back');
    await page.getByRole('button', { name: 'Continue' }).click();
    await expect(chat.stop).toBeHidden();
    await expect(turn).not.toContainText('Stopped');
    const whole = await answer.textContent();
    expect(whole!.startsWith(told!.trim())).toBe(true);
    expect(whole!.length).toBeGreaterThan(told!.length);

    // The system freezes what it hides, and takes the GPU.
    const worker = page.workers()[0]!;
    await hide();
    await expect(engine(page)).toContainText('not loaded');
    const giveGpu = await takeGpu(phone, worker);
    await cdp.send('Page.setWebLifecycleState', { state: 'frozen' });
    await cdp.send('Page.setWebLifecycleState', { state: 'active' });
    await show();
    const restart = page.getByRole('button', { name: 'Tap to restart' });
    await expect(restart).toBeVisible();
    await expect(answer).toHaveText(whole!);
    await keepPictures(page, 'phone-restart');
    await giveGpu();
    await restart.click();
    await expect(engine(page)).toContainText('ready');
    await chat.ask('What is the capital of France?');
    await expect(chat.messages.last()).toContainText('Paris');
    await page.reload();
    await expect(chat.messages).toHaveCount(4);
  });
});
