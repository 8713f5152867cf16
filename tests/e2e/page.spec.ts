import { answerPermission, engineStatus } from '../pages.ts';
import { ENDLESS, expect, test } from './fixtures.ts';

const FRANCE = 'What is the capital of France?';

test('a page asks, the person allows it, the answer streams', async ({ extension, openSite }) => {
  const site = await openSite('allow');
  await site.ask(FRANCE);
  await answerPermission(extension.context, 'Allow once');
  await expect(site.status).toHaveText('done');
  await expect(site.answer).toContainText('Paris');
  const outcome = await site.page.evaluate(() => window.outcome);
  if (!outcome || !('result' in outcome)) throw new Error('The page has no result.');
  expect(outcome.result.text).toBe(await site.answer.textContent());
  expect(outcome.result.finishReason).toBe('stop');
  expect(outcome.result.usage.promptTokens).toBeGreaterThan(10);
  expect(outcome.result.usage.completionTokens).toBeGreaterThan(1);
});

test('a page that is refused gets NotAllowedError, and a site told never is not asked about again', async ({
  extension,
  openSite,
}) => {
  const site = await openSite('deny');
  await site.ask(FRANCE);
  await answerPermission(extension.context, 'Never');
  await expect(site.status).toContainText('NotAllowedError');
  await site.ask(FRANCE);
  await expect(site.status).toContainText('NotAllowedError');
  expect(extension.context.pages().filter((page) => page.url().includes('/permission.html'))).toHaveLength(0);
  await expect(site.answer).toBeEmpty();
});

test('a closed permission window refuses this once', async ({ extension, openSite }) => {
  const site = await openSite('dismiss');
  const opened = extension.context.waitForEvent('page', (page) => page.url().includes('/permission.html'));
  await site.ask(FRANCE);
  await (await opened).close();
  await expect(site.status).toContainText('NotAllowedError');
  await site.ask(FRANCE);
  await answerPermission(extension.context, 'Allow once');
  await expect(site.answer).toContainText('Paris');
});

test('a grant taken back on the options page is asked for again', async ({ extension, openSite }) => {
  const site = await openSite('revoke');
  await site.ask(FRANCE);
  await answerPermission(extension.context, 'Always allow');
  await expect(site.status).toHaveText('done');

  const options = await extension.context.newPage();
  await options.goto(`${extension.extensionOrigin}/options.html`);
  const sites = options.locator('#sites');
  const row = sites.getByRole('listitem').filter({ hasText: new URL(site.origin).host });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await expect(row).toHaveCount(0);
  await options.close();

  await site.ask(FRANCE);
  await answerPermission(extension.context, 'Allow once');
  await expect(site.status).toHaveText('done');
});

test('two tabs of two sites are answered at once', async ({ extension, openSite }) => {
  const [one, two] = [await openSite('one'), await openSite('two')];
  for (const site of [one, two]) {
    await site.ask('What is the opposite of hot?');
    await answerPermission(extension.context, 'Allow once');
    await expect(site.status).toHaveText('done');
  }
  await one.ask('Tell me a story.', ENDLESS);
  await expect(one.status).toHaveText('answering');
  await two.ask(FRANCE);
  await expect(two.status).toHaveText('done');
  await expect(two.answer).toContainText('Paris');
  await expect(one.status).toHaveText('answering');
  await one.stop();
  await expect(one.status).toContainText('AbortError');
});

test('stop ends the answer, and the next question works', async ({ extension, openSite }) => {
  const site = await openSite('stop');
  await site.ask('Tell me a story.', ENDLESS);
  await answerPermission(extension.context, 'Allow once');
  await expect(site.status).toHaveText('answering');
  await site.stop();
  await expect(site.status).toContainText('AbortError');
  expect(await site.answer.textContent()).not.toBe('');
  await site.ask(FRANCE);
  await expect(site.answer).toContainText('Paris');
});

test('a page reloaded in the middle of an answer leaves no work behind', async ({ extension, openSite }) => {
  const site = await openSite('reload');
  await site.ask('Tell me a story.', ENDLESS);
  await answerPermission(extension.context, 'Always allow');
  await expect(site.status).toHaveText('answering');
  await site.page.reload();
  await expect.poll(async () => (await engineStatus(extension)).running).toBe(0);
  await site.ask(FRANCE);
  await expect(site.status).toHaveText('done');
  await expect(site.answer).toContainText('Paris');
});

test('only the top frame of a page has localLLM', async ({ openSite, site }) => {
  const { page } = await openSite('frames');
  await page.evaluate((src) => {
    document.body.append(Object.assign(document.createElement('iframe'), { src }));
  }, `http://framed.localhost:${site.port}/`);
  const frame = page.frameLocator('iframe');
  await expect(frame.getByRole('button', { name: 'Ask' })).toBeVisible();
  await frame.getByRole('button', { name: 'Ask' }).click();
  await expect(frame.getByRole('status')).toContainText('TypeError');
});

test('a prompt longer than the context is refused with figures', async ({ extension, openSite }) => {
  const site = await openSite('long');
  await site.ask('word '.repeat(20_000));
  await answerPermission(extension.context, 'Allow once');
  await expect(site.status).toContainText('QuotaExceededError');
});

test('an answer fits its schema; what cannot be enforced is refused by name', async ({ extension, openSite }) => {
  const site = await openSite('schema');
  const schema = {
    type: 'object',
    properties: { city: { type: 'string', maxLength: 20 }, capital: { type: 'boolean' } },
    required: ['city', 'capital'],
  };
  await site.ask(FRANCE, { responseConstraint: schema });
  await answerPermission(extension.context, 'Allow once');
  await expect(site.status).toHaveText('done');
  const answer: unknown = JSON.parse((await site.answer.textContent()) ?? '');
  expect(answer).toEqual({ city: expect.any(String), capital: expect.any(Boolean) });

  await site.ask(FRANCE, { responseConstraint: { type: 'array', uniqueItems: true } });
  await expect(site.status).toContainText('NotSupportedError');
  await expect(site.status).toContainText('"uniqueItems"');
});
