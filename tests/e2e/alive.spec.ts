/** Whatever dies while an answer is written: the page learns it at once, and the next answer is whole. */
import type { Page } from '@playwright/test';
import type { ExtensionBrowser } from '../chromium.ts';
import { answerPermission, engineStatus } from '../pages.ts';
import { ChatView } from './chat-view.ts';
import { type AskingPage, ENDLESS, expect, test } from './fixtures.ts';

const FRANCE = 'What is the capital of France?';

/** A site that may ask, with an answer under way that never ends by itself. */
async function answering(extension: ExtensionBrowser, site: AskingPage): Promise<void> {
  await site.ask('Tell me a story.', ENDLESS);
  await answerPermission(extension.context, 'Always allow');
  await expect(site.status).toHaveText('answering');
}

async function expectParis(site: AskingPage): Promise<void> {
  await site.ask(FRANCE);
  await expect(site.status).toHaveText('done');
  await expect(site.answer).toContainText('Paris');
}

async function openOwnPage({ context, extensionOrigin }: ExtensionBrowser): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${extensionOrigin}/options.html`);
  return page;
}

test('background, engine document and GPU are killed one after another', async ({ extension, openSite }) => {
  const site = await openSite('alive');
  const own = await openOwnPage(extension);
  await site.page.bringToFront();
  await answering(extension, site);

  await test.step('the background: the page is told, and nothing goes on behind it', async () => {
    const devtools = await extension.context.newCDPSession(own);
    await devtools.send('ServiceWorker.enable');
    await devtools.send('ServiceWorker.stopAllWorkers');
    await devtools.detach();
    await expect(site.status).toContainText('NetworkError');
    await expect.poll(async () => (await engineStatus(extension)).running).toBe(0);
    await expectParis(site);
  });

  await test.step('the engine document: the page is told, and the next question makes another', async () => {
    await site.ask('Tell me a story.', ENDLESS);
    await expect(site.status).toHaveText('answering');
    await own.evaluate(() => chrome.offscreen.closeDocument());
    await expect(site.status).toContainText('NetworkError');
    await expectParis(site);
  });

  await test.step('the GPU: the answer pauses, our own pages say why, and it goes on', async () => {
    const long = { maxTokens: 60, temperature: 0, logitBias: ENDLESS.logitBias };
    await site.ask('Tell me a story.', long);
    await expect(site.status).toHaveText('done');
    const whole = await site.answer.textContent();
    await own.evaluate(() => {
      const look = (): void => {
        if (document.body.textContent.includes('The GPU was lost.')) document.body.dataset['toldOfLoss'] = 'yes';
      };
      new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    await site.ask('Tell me a story.', long);
    await expect(site.status).toHaveText('answering');
    const devtools = await extension.context.browser()!.newBrowserCDPSession();
    await devtools.send('Browser.crashGpuProcess').catch(() => undefined); // it may be gone before it answers
    await expect(site.status).toHaveText('done');
    expect(await site.answer.textContent()).toBe(whole);
    await expect(own.locator('body')).toHaveAttribute('data-told-of-loss', 'yes');
  });
  await own.close();
});

test("the web app's engine is killed: the answer says so, and asking again starts another", async ({
  extension,
  pwa,
}) => {
  const page = await extension.context.newPage();
  const started = page.waitForEvent('worker');
  await page.goto(pwa.url);
  const chat = new ChatView(page);
  await chat.ask(FRANCE);
  const worker = await started;
  await worker.evaluate(() => {
    setTimeout(() => {
      throw new Error('the test killed it');
    });
  });
  await expect(chat.messages.last()).toContainText('The engine went away');
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(chat.messages.last()).toContainText('Paris');
  await page.close();
});

// Last: the extension is another one afterwards.
test('an extension reloaded in the middle of an answer says so, and a reloaded page works again', async ({
  extension,
  openSite,
}) => {
  const site = await openSite('stale');
  await answering(extension, site);
  const own = await openOwnPage(extension);
  const closed = own.waitForEvent('close');
  await own.evaluate(() => chrome.runtime.reload()).catch(() => undefined); // the page goes before it can answer
  await closed;
  await expect(site.status).toContainText(/NetworkError.*reload this page/i);
  await site.ask(FRANCE);
  await expect(site.status).toContainText(/NetworkError.*reload this page/i);
  await expect(async () => {
    await site.page.reload();
    await site.page.waitForFunction(() => 'localLLM' in window, undefined, { timeout: 1000 });
  }).toPass();
  await expectParis(site);
});
