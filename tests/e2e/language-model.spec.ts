import { answerPermission } from '../pages.ts';
import { expect, test } from './fixtures.ts';

declare global {
  interface Window {
    results?: { name: string; error?: string; ms: number }[];
  }
}

test('LanguageModel keeps what the Prompt API promises, in a page', async ({ extension, site }) => {
  const page = await extension.context.newPage();
  await page.goto(`http://prompt-api.localhost:${site.port}/conformance.html`);
  await page.waitForFunction(() => 'localLLM' in window);
  await page.getByRole('button', { name: 'Run' }).click();
  await answerPermission(extension.context, 'Allow once');
  await expect(page.getByRole('status')).toHaveText('done');
  const results = await page.evaluate(() => window.results ?? []);
  expect(results.length).toBeGreaterThan(15);
  for (const { name, error } of results) expect.soft(error, name).toBeUndefined();
  await page.close();
});
