/**
 * The chat as the tests look at it.
 *
 * @module
 */
import type { Page } from '@playwright/test';

export async function ask(page: Page, question = 'What is the capital of France?'): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
}
