import type { Frame, Page } from '@playwright/test';
import type { LocalLLM } from '../../engine/client/local-llm.ts';
import type { ExtensionBrowser } from '../chromium.ts';
import { answerPermission, engineStatus } from '../pages.ts';
import { keepPictures } from '../pictures.ts';
import { ENDLESS, expect, test } from './fixtures.ts';

declare global {
  interface Window {
    readonly localLLM: LocalLLM;
  }
  namespace chrome {
    /** What the browser's own page of extensions has. */
    const developerPrivate: {
      addHostPermission(extensionId: string, host: string): Promise<void>;
      updateExtensionConfiguration(update: { extensionId: string; incognitoAccess: boolean }): Promise<void>;
    };
  }
}

const FRANCE = 'What is the capital of France?';
const questionsOf = ({ context }: ExtensionBrowser): Page[] =>
  context.pages().filter((page) => page.url().includes('/permission.html'));

async function openOptions({ context, extensionOrigin }: ExtensionBrowser): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${extensionOrigin}/options.html`);
  return page;
}
const rowOf = (options: Page, origin: string) =>
  options
    .locator('#sites')
    .getByRole('listitem')
    .filter({ hasText: new URL(origin).host });

test('a site asks once however often it calls; never is never; a question needs the person', async ({
  extension,
  openSite,
  site: { port },
}) => {
  const { page } = await openSite('often');
  const calls = page.evaluate(async () => {
    const ended = await Promise.allSettled([1, 2, 3].map(() => window.localLLM.generate('Hello')));
    return ended.map((end) => (end.status === 'rejected' ? end.reason.name : 'answered'));
  });
  await answerPermission(extension.context, 'Never');
  expect(await calls).toEqual(['NotAllowedError', 'NotAllowedError', 'NotAllowedError']);
  expect(await page.evaluate(() => window.localLLM.permissions.request())).toBe('denied');

  // What the page says of itself does not count.
  const silent = await extension.context.newPage();
  await silent.addInitScript(() => {
    Object.defineProperty(navigator, 'userActivation', { value: { isActive: true, hasBeenActive: true } });
    addEventListener('load', () => {
      window.localLLM.generate('Hello').catch((error: Error) => (document.title = error.name));
    });
  });
  await silent.goto(`http://silent.localhost:${port}/`);
  await expect(silent).toHaveTitle('NotAllowedError');
  expect(questionsOf(extension)).toEqual([]);
  await silent.close();
});

test('once outlives the background and ends with the document; revoke and pause end what runs', async ({
  extension,
  openSite,
}) => {
  const site = await openSite('revoked');
  const once = site.page.evaluate(() => window.localLLM.permissions.request());
  await answerPermission(extension.context, 'Allow once');
  expect(await once).toBe('granted');
  const options = await openOptions(extension);
  const devtools = await extension.context.newCDPSession(options);
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers');
  await devtools.detach();
  // A call that comes before the page knows of it fails: the next one starts the background anew.
  await expect(async () => {
    expect(await site.page.evaluate(() => window.localLLM.permissions.query())).toBe('granted');
  }).toPass();
  await site.page.reload();
  expect(await site.page.evaluate(() => window.localLLM.permissions.query())).toBe('prompt');

  await site.ask('Tell me a story.', ENDLESS);
  await answerPermission(extension.context, 'Always allow');
  await expect(site.status).toHaveText('answering');
  const row = rowOf(options, site.origin);
  await row.getByRole('button', { name: 'Pause' }).click();
  await expect(site.status).toContainText('paused');
  await row.getByRole('button', { name: 'Resume' }).click();
  await expect(row.getByRole('button', { name: 'Pause' })).toBeVisible();
  await site.ask('Tell me a story.', ENDLESS);
  await expect(site.status).toHaveText('answering');
  await row.getByRole('button', { name: 'Revoke' }).click();
  await expect(site.status).toContainText('NotAllowedError');
  await expect(row).toHaveCount(0);
  expect((await engineStatus(extension)).running).toBe(0);
  await expect(options.locator('#activity').getByText('Withdrawn').first()).toBeVisible();
  await options.close();
});

test('a frame has nothing until the page around it names it, and a grant of its own there', async ({
  extension,
  openSite,
  site: { port },
}) => {
  const { page } = await openSite('around');
  const src = `http://inside.localhost:${port}/`;
  await page.evaluate(
    (url) => document.body.append(Object.assign(document.createElement('iframe'), { src: url })),
    src,
  );
  await expect(page.frameLocator('iframe').getByRole('button', { name: 'Ask' })).toBeVisible();
  const frame = page.frames().find((child) => child.url() === src)!;
  expect(await finds(frame)).toBe(false);
  // What a site lets its users write is no delegation.
  await page.evaluate((origin) => {
    const meta = `<meta name="localllm-allow" content="${origin}">`;
    document.body.insertAdjacentHTML('beforeend', `${meta}<form name="head"></form><img name="querySelectorAll">`);
  }, new URL(src).origin);
  expect(await finds(frame)).toBe(false);
  await page.evaluate((origin) => {
    const content = `https://other.example ${origin}`;
    document
      .getElementsByTagName('head')[0]!
      .append(Object.assign(document.createElement('meta'), { name: 'localllm-allow', content }));
  }, new URL(src).origin);
  expect(await finds(frame)).toBe(true);

  const answer = frame.evaluate(() => window.localLLM.permissions.request());
  await expect.poll(() => questionsOf(extension).length).toBe(1);
  const [question] = questionsOf(extension);
  await expect(question!.getByText('inside.localhost')).toBeVisible();
  await expect(question!.getByText('around.localhost')).toBeVisible();
  await expect(question!.getByRole('button', { name: 'Allow once' })).toBeEnabled();
  await keepPictures(question!, 'permission-frame');
  await answerPermission(extension.context, 'Always allow');
  expect(await answer).toBe('granted');
  expect(await page.evaluate(() => window.localLLM.permissions.query())).toBe('prompt');
  const alone = await openSite('inside');
  expect(await alone.page.evaluate(() => window.localLLM.permissions.query())).toBe('prompt');
});

/** Whether a provider answers in the frame. */
const finds = (frame: Frame): Promise<boolean> =>
  frame.evaluate(async () => {
    const announced = new Promise<boolean>((resolve) => {
      addEventListener('localllm:announce', () => resolve(true), { once: true });
      setTimeout(() => resolve(false), 1000);
    });
    dispatchEvent(new Event('localllm:request'));
    return (await announced) && 'localLLM' in window;
  });

test('a site stays within its budget, over all its tabs, and finds LanguageModel where it is switched on', async ({
  extension,
  openSite,
}) => {
  const [one, two] = [await openSite('budget'), await openSite('budget')];
  const options = await openOptions(extension);
  await options.getByLabel('Allow a site').fill(one.origin);
  await options.getByRole('button', { name: 'Allow', exact: true }).click();
  const row = rowOf(options, one.origin);
  await row.getByText('Limits').click();
  await row.getByLabel('Answers at once').selectOption('1');
  await expect(row.getByLabel('Answers at once')).toHaveValue('1');
  await one.ask('Tell me a story.', ENDLESS);
  await expect(one.status).toHaveText('answering');
  await two.ask(FRANCE);
  await expect(two.status).toContainText('QuotaExceededError');
  await one.stop();
  await expect(one.status).toContainText('AbortError');
  await two.ask(FRANCE);
  await expect(two.status).toHaveText('done');
  await expect(row).toContainText('2 requests');

  const settings = { tokensPerHour: 20 };
  await options.evaluate((message) => chrome.runtime.sendMessage(message), {
    permissions: 'configure',
    site: { origin: one.origin },
    settings,
  });
  await two.ask(FRANCE);
  await expect(two.status).toContainText(/QuotaExceededError: .* tokens of the 20 .* Try again in \d+ minutes/);
  await keepPictures(options, 'options-sites');

  // The browser's own question about the site is answered beforehand: no test can click it.
  const id = new URL(extension.extensionOrigin).host;
  await options.goto('chrome://extensions');
  await options.evaluate((extensionId) => chrome.developerPrivate.addHostPermission(extensionId, '*://*/*'), id);
  await options.goto(`${extension.extensionOrigin}/options.html`);
  // As in a browser that has none of its own.
  for (const { page } of [one, two])
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'LanguageModel'));
  await two.page.reload();
  const hasGlobal = async () => {
    await one.page.reload();
    return one.page.evaluate(
      () => 'LanguageModel' in globalThis && Reflect.get(globalThis, 'LanguageModel') === window.localLLM.LanguageModel,
    );
  };
  expect(await hasGlobal()).toBe(false);
  await row.getByText('Limits').click();
  await row.getByRole('switch', { name: 'Offer as LanguageModel' }).click();
  await expect(row.locator('.tag', { hasText: 'LanguageModel' })).toBeVisible();
  await expect.poll(hasGlobal).toBe(true);
  expect(await two.page.evaluate(() => 'LanguageModel' in globalThis)).toBe(false); // not loaded anew
  await row.getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toHaveCount(0);
  await expect.poll(hasGlobal).toBe(false);
  await options.close();
});

// Last: letting the extension into private windows restarts it.
test('a private window is apart, and forgotten when it is closed', async ({ extension, openSite, site: { port } }) => {
  const { context, extensionOrigin } = extension;
  const url = `http://apart.localhost:${port}/`;
  const known = await openSite('apart');
  const granted = known.page.evaluate(() => window.localLLM.permissions.request());
  await answerPermission(context, 'Always allow');
  expect(await granted).toBe('granted');

  const settings = await context.newPage();
  await settings.goto('chrome://extensions');
  await settings.evaluate(
    (extensionId) => chrome.developerPrivate.updateExtensionConfiguration({ extensionId, incognitoAccess: true }),
    new URL(extensionOrigin).host,
  );
  await expect(async () => {
    await settings.goto(`${extensionOrigin}/options.html`);
  }).toPass();
  const openPrivate = async () => {
    const opened = context.waitForEvent('page', (page) => page.url() === url);
    await settings.evaluate((address) => chrome.windows.create({ url: address, incognito: true }), url);
    const page = await opened;
    await page.waitForFunction(() => 'localLLM' in window);
    return page;
  };
  const apart = await openPrivate();
  expect(await apart.evaluate(() => window.localLLM.permissions.query())).toBe('prompt');
  const answer = apart.evaluate(() => window.localLLM.permissions.request());
  await expect.poll(() => questionsOf(extension).length).toBe(1);
  await expect(questionsOf(extension)[0]!.getByText('private window')).toBeVisible();
  await answerPermission(context, 'Always allow');
  expect(await answer).toBe('granted');
  const row = rowOf(settings, url);
  await expect(row).toHaveCount(2);
  await expect(row.filter({ hasText: 'Private window' })).toHaveCount(1);
  await apart.close();
  await expect(row).toHaveCount(1);
  const again = await openPrivate();
  expect(await again.evaluate(() => window.localLLM.permissions.query())).toBe('prompt');
  await again.close();
  await settings.close();
});
