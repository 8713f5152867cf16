/**
 * The Models view as the tests look at it.
 *
 * @module
 */
import type { Locator, Page } from '@playwright/test';
import { keepPictures } from '../pictures.ts';
import { expect } from './fixtures.ts';

export const here = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'On this device' }).getByRole('listitem', { name });
export const offer = (page: Page, name: string): Locator =>
  page.getByRole('region', { name: 'Catalogue' }).getByRole('listitem', { name });
export const calls = (page: Page) => page.evaluate(() => testing.models.calls.splice(0));
export const told = (page: Page) => page.locator('.models > [aria-live]');

/** Pictures of the view from an element on. */
export async function shoot(page: Page, name: string, top?: Locator): Promise<void> {
  await top?.evaluate((element) => element.scrollIntoView({ block: 'start' }));
  await keepPictures(page, name);
}

export async function open(
  view: (name: string, query?: Record<string, string>) => Promise<Page>,
  query = {},
): Promise<Page> {
  const page = await view('pwa', query);
  await page.evaluate(() => void (location.hash = '#/models'));
  await expect(page.getByRole('heading', { name: 'On this device', exact: true })).toBeVisible();
  return page;
}
