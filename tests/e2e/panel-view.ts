/**
 * The side panel as the tests have it: in a window of its own, beside the tabs.
 *
 * @module
 */
import type { Page, Worker } from '@playwright/test';
import { type ExtensionBrowser, launchWithExtension } from '../chromium.ts';
import { test as base, expect } from './fixtures.ts';

/** With what lets the tests click the extension's icon: the browser then shows it the page, as it does for a person. */
export const test = base.extend<object, { extension: ExtensionBrowser }>({
  extension: [
    // eslint-disable-next-line no-empty-pattern -- Playwright reads the names of what is needed from this pattern
    async ({}, use) => {
      const browser = await launchWithExtension({ args: ['--enable-unsafe-extension-debugging'] });
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],
});

export const background = ({ context }: ExtensionBrowser): Worker => context.serviceWorkers().at(-1)!;

/** The window that the tabs are in. */
function windowOf(extension: ExtensionBrowser): Promise<number> {
  return background(extension).evaluate(async () => (await chrome.windows.getAll({ windowTypes: ['normal'] }))[0]!.id!);
}

/** The panel in a window of its own: what browsers without side panels get, and what these tests can look into. */
export async function openPanel(extension: ExtensionBrowser): Promise<Page> {
  const windowId = await windowOf(extension);
  const opened = extension.context.waitForEvent('page', (page) => page.url().includes('/sidepanel.html'));
  await background(extension).evaluate(async (id) => {
    await chrome.windows.create({ url: `sidepanel.html?window=${id}`, type: 'popup' });
  }, windowId);
  const panel = await opened;
  await panel.setViewportSize({ width: 360, height: 640 });
  await expect(panel.getByRole('textbox', { name: 'Message' })).toBeEnabled();
  return panel;
}

/** Clicks the extension's icon while the page is shown. */
export async function clickIcon(
  { context, extensionOrigin }: ExtensionBrowser,
  page: Page,
  address = page.url(),
): Promise<void> {
  await page.bringToFront();
  const devtools = await context.browser()!.newBrowserCDPSession();
  const send = devtools.send.bind(devtools) as (
    method: string,
    params: object,
  ) => Promise<{ targetInfos: { url: string; targetId: string }[] }>;
  await expect(async () => {
    const { targetInfos } = await send('Target.getTargets', { filter: [{ type: 'tab' }] });
    const { targetId } = targetInfos.find(({ url }) => url === address)!;
    await send('Extensions.triggerAction', { id: new URL(extensionOrigin).host, targetId });
  }).toPass();
  await devtools.detach();
}

export const attachPage = (panel: Page) => panel.getByRole('button', { name: 'Attach this page' }).click();
export const attachSelection = (panel: Page) => panel.getByRole('button', { name: 'Attach selection' }).click();

/** What the newest attachment of the draft holds; takes it away again. */
export async function attached(panel: Page): Promise<string> {
  const removable = panel.getByRole('button', { name: /^Remove/ });
  const chip = panel.getByRole('listitem').filter({ has: removable }).last();
  await chip.getByRole('button').first().click();
  const dialog = panel.getByRole('dialog');
  const text = (await dialog.locator('pre').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Close' }).click();
  await chip.getByRole('button', { name: /^Remove/ }).click();
  return text;
}
