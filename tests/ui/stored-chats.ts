/**
 * Chats in the database of the views, and pictures of what is made of them.
 *
 * @module
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { expect } from './fixtures.ts';

const SCREENSHOTS = join(import.meta.dirname, '../../test-results/screenshots');

export const DAY_MS = 86_400_000;
export const TITLES = [
  'Capital of France',
  'A story about a fox and the moon that goes on for longer than any column is wide',
  'JSON out of a letter',
  'Names for a boat',
  'Why is the sky blue',
  'Rust lifetimes',
  'Dinner for six',
  'A poem for grandmother',
];

/** Chats as a person has them, some days between them. Each has two answers to one question; the second one has its number. */
export async function fill(page: Page, titles: readonly string[], stepMs: number): Promise<void> {
  await page.evaluate(
    async ({ names, step }) => {
      const nowMs = Date.now();
      const chats = names.map((title, index) => {
        const updatedMs = nowMs - index * step - 1000;
        const times = { createdMs: updatedMs, updatedMs };
        const of = { createdMs: updatedMs, status: 'complete' } as const;
        const text = `About this, **people** say many things.\n\nIn the end it is the crème brûlée number ${index}.`;
        return {
          conversation: { id: `c${index}`, title, titledBy: 'question', ...times, leaf: '2' } as const,
          messages: [
            { ...of, id: '0', parent: null, role: 'user', text: `${title}?` } as const,
            { ...of, id: '1', parent: '0', role: 'assistant', text: 'An answer that nobody liked.' } as const,
            { ...of, id: '2', parent: '0', role: 'assistant', text, model: 'Pocket' } as const,
          ],
        };
      });
      await testing.createHistory().saveAll(chats);
    },
    { names: titles, step: stepMs },
  );
  await page.reload();
  await expect(page.getByRole('article').first()).toBeVisible();
}

/** In both colour schemes. */
export async function shoot(page: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${colorScheme}.png`), animations: 'disabled' });
  }
}
