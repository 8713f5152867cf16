/**
 * The chat as the tests look at it.
 *
 * @module
 */
import { join } from 'node:path';
import type { Page } from '@playwright/test';

const SCREENSHOTS = join(import.meta.dirname, '../../test-results/screenshots');

/** In both themes. */
export async function screenshots(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `chat-${name}-${colorScheme}.png`), animations: 'disabled' });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

export async function ask(page: Page, question = 'What is the capital of France?'): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
}
