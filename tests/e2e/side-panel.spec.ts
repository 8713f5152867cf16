import type { ExtensionBrowser } from '../chromium.ts';
import { keepPictures } from '../pictures.ts';
import { ChatView } from './chat-view.ts';
import { expect } from './fixtures.ts';
import { ARTICLE, HUGE, ODD, openPage, PDF } from './panel-pages.ts';
import { attached, attachPage, attachSelection, background, clickIcon, openPanel, test } from './panel-view.ts';

test('a page is attached once the person asked from it, and only then', async ({ extension }) => {
  const page = await openPage(extension, 'harbour', ARTICLE);
  const panel = await openPanel(extension);
  await attachPage(panel);
  const refused = panel.getByRole('alert');
  await expect(refused).toContainText('Right-click the page');
  await keepPictures(panel, 'panel-refused');
  await panel.evaluate(() => {
    chrome.permissions.request = async (wanted: object) => {
      document.body.dataset['wanted'] = JSON.stringify(wanted);
      return false;
    };
  });
  await refused.getByRole('button', { name: 'Always allow on harbour.localhost' }).click();
  await expect(refused).toContainText('harbour.localhost was not allowed');
  await expect(panel.locator('body')).toHaveAttribute('data-wanted', '{"origins":["*://harbour.localhost/*"]}');
  await refused.getByRole('button', { name: 'Close' }).click();
  await expect(refused).toBeHidden();
  await clickIcon(extension, page);
  await expect(panel.getByText('· ready').first()).toBeVisible();
  await attachPage(panel);
  // Pocket has a small context.
  await expect(panel.getByText(/Only the first [\d,]+ characters/)).toBeVisible();
  const text = await attached(panel);
  expect(text).toContain('Page: The harbour\nAddress: http://harbour.localhost/page\n\n## The harbour of stone');
  expect(text).toContain('\n\nParagraph 1: the harbour was built of stone in 1701');
  expect(text).toContain('[The page goes on.]');
  expect(text).not.toMatch(/HIDDEN|Home|Imprint/);

  await attachSelection(panel);
  await expect(refused).toContainText('Nothing is selected');
  await page.evaluate(() => getSelection()!.selectAllChildren(document.querySelectorAll('p')[2]!));
  await attachSelection(panel);
  const question = new ChatView(panel);
  await question.ask('What did the boats carry?');
  await expect(question.messages.first()).toContainText('Selection: The harbour');
  await expect(question.stop).toBeHidden();
  await expect(question.messages.last()).toContainText(/\w{3}/);
  await attachPage(panel);
  await expect(panel.getByRole('button', { name: 'Remove The harbour', exact: true })).toBeVisible();
  await keepPictures(panel, 'panel');
  await page.close();
  await panel.close();
});

test('a panel opens also where the window that it stood beside is closed', async ({ extension }) => {
  const panel = await extension.context.newPage();
  await panel.goto(`${extension.extensionOrigin}/sidepanel.html?window=999999`);
  await expect(panel.getByRole('textbox', { name: 'Message' })).toBeEnabled();
  await panel.close();
});

test('a site that was allowed in the panel is listed in the settings, and read until it is revoked there', async ({
  extension,
}) => {
  const { context, extensionOrigin } = extension;
  const origin = 'http://allowed.localhost';
  const settings = await context.newPage();
  await settings.goto('chrome://extensions');
  const page = await openPage(extension, 'allowed', ODD);
  const panel = await openPanel(extension);
  // The browser's own question is answered beforehand: no test can click it. It stands from when the extension asks.
  await settings.evaluate(
    ([id, pattern]) => chrome.developerPrivate.addHostPermission(id!, pattern!),
    [new URL(extensionOrigin).host, '*://allowed.localhost/*'],
  );
  await attachPage(panel);
  await panel.getByRole('button', { name: 'Always allow on allowed.localhost' }).click();
  expect(await attached(panel)).toContain('Before everything.');

  await settings.goto(`${extensionOrigin}/options.html`);
  await settings.bringToFront();
  const row = settings.getByRole('list', { name: 'Pages the side panel may read' }).getByRole('listitem');
  await expect(row).toContainText(origin);
  await settings.getByLabel('Allow a site').fill(origin);
  await settings.getByRole('button', { name: 'Allow', exact: true }).click();
  const card = settings.locator('#sites .cards').getByRole('listitem').filter({ hasText: origin });
  await card.getByText('Limits').click();
  const offer = card.getByRole('switch', { name: 'Offer as LanguageModel' });
  const scripts = () => background(extension).evaluate(async () => chrome.scripting.getRegisteredContentScripts());
  await offer.click();
  await expect(row).toContainText('LanguageModel');
  await expect.poll(scripts).toHaveLength(1);
  await offer.click();
  await expect(row).not.toContainText('LanguageModel');
  await expect.poll(scripts).toEqual([]);
  await expect(row).toContainText(origin);
  await page.bringToFront();
  await attachPage(panel);
  expect(await attached(panel)).toContain('Before everything.');

  await settings.bringToFront();
  await row.getByRole('button', { name: `Revoke ${origin}` }).click();
  await expect(row).toHaveCount(0);
  await page.bringToFront();
  await attachPage(panel);
  await expect(panel.getByRole('alert')).toContainText('Right-click the page');
  for (const opened of [settings, page, panel]) await opened.close();
});

test('hostile and odd pages give what they show, and nothing else', async ({ extension }) => {
  const panel = await openPanel(extension);
  await test.step('names of members, hidden texts, closed trees, frames, passwords', async () => {
    const page = await openPage(extension, 'odd', ODD);
    await clickIcon(extension, page);
    await attachPage(panel);
    const text = await attached(panel);
    for (const shown of [
      'Before everything.',
      'In a form.',
      'In a closed tree.',
      'Ignore nothing.',
      'Page: Odd page',
    ]) {
      expect(text).toContain(shown);
    }
    expect(text).not.toMatch(/HIDDEN|SECRET|In a frame/);
    const selected = async (mark: () => Promise<void>): Promise<string> => {
      await mark();
      await attachSelection(panel);
      return (await attached(panel)).split('\n').at(-1)!;
    };
    expect(await selected(() => page.evaluate('markClosed()'))).toBe('In a closed tree.');
    expect(await selected(() => page.locator('#password').selectText())).toBe('•'.repeat(6));
    const inFrame = () => page.frames()[1]!.evaluate(() => getSelection()!.selectAllChildren(document.body));
    await page.evaluate(() => getSelection()!.removeAllRanges());
    await page.locator('#password').evaluate((field) => field.remove());
    expect(await selected(inFrame)).toBe('In a frame.');
    await page.close();
  });
  await test.step('more than fits, deeper than can be walked, with poisoned prototypes', async () => {
    const page = await openPage(extension, 'huge', HUGE);
    await clickIcon(extension, page);
    await attachPage(panel);
    const text = await attached(panel);
    expect(text).toMatch(/Address: http:\/\/huge\.localhost\/page\n\nDeep down\.\n\nWord 0\n\nWord 1\n/);
    expect(text).not.toContain('poison');
    await page.close();
  });
  await test.step('what the browser keeps to itself: each says why', async () => {
    const refused = panel.getByRole('alert');
    const pdf = await openPage(extension, 'paper', PDF);
    await clickIcon(extension, pdf);
    await attachPage(panel);
    await expect(refused).toContainText('PDF viewer');
    for (const [url, reason] of [
      ['chrome://version', 'its own pages'],
      [`${extension.extensionOrigin}/options.html`, 'localLLM itself'],
    ] as const) {
      await pdf.goto(url);
      await attachPage(panel);
      await expect(refused).toContainText(reason);
    }
    await pdf.goto('http://localhost:1/').catch(() => {});
    await clickIcon(extension, pdf, 'http://localhost:1/');
    await attachPage(panel);
    await expect(refused).toContainText('an error of the browser');
    await pdf.close();
  });
  await panel.close();
});

/** The context menu's click, as the browser tells the background of it; menus themselves are out of a test's reach. */
async function chooseInMenu(extension: ExtensionBrowser, info: object, apart = false): Promise<void> {
  const choose = async ([clicked, incognito]: [object, boolean]): Promise<void> => {
    const tabs = await chrome.tabs.query({ active: true, windowType: 'normal' });
    const tab = tabs.find((shown) => shown.incognito === incognito)!;
    (chrome.contextMenus.onClicked as unknown as { dispatch(info: object, tab: object): void }).dispatch(clicked, tab);
  };
  await background(extension).evaluate(choose, [info, apart] as [object, boolean]);
}

const MARKED = { menuItemId: 'ask-selection', frameId: 0, selectionText: 'Before everything.' };

test('what is asked about in the menu waits for a panel that has yet to open, though the background dies', async ({
  extension,
}) => {
  const page = await openPage(extension, 'menu', ODD);
  await page.bringToFront();
  const opened = extension.context.waitForEvent('page', (other) => other.url().includes('/sidepanel.html'));
  // Without a real click the browser opens no side panel; a window of its own comes in its place.
  await chooseInMenu(extension, MARKED);
  const devtools = await extension.context.newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  await devtools.send('ServiceWorker.stopAllWorkers').catch(() => {});
  const panel = await opened;
  // The browser did not show the page: the text that came with the click is what counts.
  const text = await attached(panel);
  expect(text).toBe('Before everything.');
  await panel.close();
  await page.close();
});

test('the real side panel opens from the popup, stays across tabs, and takes what the menu asks about', async ({
  extension,
}) => {
  const { context, extensionOrigin } = extension;
  const page = await openPage(extension, 'beside', ODD);
  const popup = await context.newPage();
  await popup.goto(`${extensionOrigin}/popup.html`);
  const closed = popup.waitForEvent('close');
  await popup.getByRole('button', { name: 'Open in side panel' }).click();
  await closed;
  const own = await context.newPage();
  await own.goto(`${extensionOrigin}/options.html`);
  /** What the panel shows; undefined where there is none. */
  const shown = () =>
    own.evaluate(
      () =>
        chrome.extension.getViews().find(({ location }) => location.pathname === '/sidepanel.html')?.document.body
          .innerText,
    );
  await expect.poll(shown).toContain('Attach this page');
  // It is open; the browser would refuse to open it again for what is not a real click.
  await background(extension).evaluate(() => void (chrome.sidePanel.open = async () => {}));
  await clickIcon(extension, page);
  await page.evaluate('markFirst()');
  await chooseInMenu(extension, MARKED);
  await expect.poll(shown).toContain('Selection: Odd page');
  await chooseInMenu(extension, { menuItemId: 'ask-page' });
  await expect.poll(async () => (await shown())?.match(/Odd page/g)?.length).toBeGreaterThan(1);
  await own.bringToFront();
  expect(await shown()).toContain('Selection: Odd page');

  await test.step('a page can neither frame it, nor open it, nor put anything into it', async () => {
    const attachedNow = async () => (await shown())?.match(/^(Selection: )?Odd page$/gm);
    const before = await attachedNow();
    expect(before).toHaveLength(2);
    const tried = await page.evaluate(async (url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      document.body.append(frame);
      const fetched = await fetch(url).then(
        () => 'fetched',
        () => 'refused',
      );
      for (const message of [
        { localllm: 'where', id: '1' },
        { localllm: 'here', id: '1' },
        { what: 'page', windowId: 1, tabId: 1 },
      ]) {
        window.postMessage(message, '*');
        frame.contentWindow?.postMessage(message, '*');
      }
      await new Promise((resolve) => setTimeout(resolve, 500));
      return { fetched, runtime: typeof (globalThis as { chrome?: { runtime?: unknown } }).chrome?.runtime };
    }, `${extensionOrigin}/sidepanel.html`);
    expect(tried).toEqual({ fetched: 'refused', runtime: 'undefined' });
    expect(page.frames().some((frame) => frame.url().startsWith(extensionOrigin))).toBe(false);
    expect(await attachedNow()).toEqual(before);
  });
  await own.close();
  await page.close();
});

// Last: letting the extension into private windows restarts it.
test('pages of private windows are not kept with a chat', async ({ extension, site: { port } }) => {
  const { context, extensionOrigin } = extension;
  const own = await context.newPage();
  await own.goto('chrome://extensions');
  const restarted = context.waitForEvent('serviceworker');
  await own.evaluate(
    (extensionId) => chrome.developerPrivate.updateExtensionConfiguration({ extensionId, incognitoAccess: true }),
    new URL(extensionOrigin).host,
  );
  await restarted;
  await expect(async () => {
    await own.goto(`${extensionOrigin}/options.html`);
  }).toPass();
  const url = `http://apart.localhost:${port}/`;
  const opened = context.waitForEvent('page', (page) => page.url() === url);
  await own.evaluate((address) => chrome.windows.create({ url: address, incognito: true }), url);
  const page = await opened;
  const asked = context.waitForEvent('page', (other) => other.url().includes('/sidepanel.html'));
  await chooseInMenu(extension, MARKED, true);
  const panel = await asked;
  await expect(panel.getByRole('alert')).toContainText('private window');
  await expect(panel.getByRole('list', { name: 'Attached' })).toHaveCount(0);
  await page.close();
  await panel.close();
});
