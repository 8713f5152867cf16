import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';

async function ask(page: Page, question = 'What is the capital of France?'): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(question);
  await page.keyboard.press('Enter');
}
const distanceToEnd = (page: Page) =>
  page.getByRole('log').evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight);

test('Shift+Enter starts a line, Enter sends, the focus stays in the composer', async ({ view }) => {
  const page = await view('popup');
  const field = page.getByRole('textbox', { name: 'Message' });
  await expect(field).toBeFocused();
  await page.keyboard.type('one');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('two');
  await expect(field).toHaveValue('one\ntwo');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('article').first()).toHaveText('one\ntwo');
  await expect(field).toHaveValue('');
  await expect(field).toBeFocused();
});

test('an Enter that ends a composition sends nothing', async ({ view }) => {
  const page = await view('popup');
  const field = page.getByRole('textbox', { name: 'Message' });
  await field.fill('にほん');
  await field.dispatchEvent('keydown', { key: 'Enter', isComposing: true });
  await expect(field).toHaveValue('にほん');
  await expect(page.getByRole('article')).toHaveCount(0);
});

test('an answer whose window closes is there as stopped, and can be retried', async ({ view }) => {
  const page = await view('popup', { delay: 'Infinity' });
  await ask(page, 'Tell me a story.');
  await expect(page.getByRole('article').last()).toContainText('Paris');
  await page.close({ runBeforeUnload: false });

  const again = await view('popup');
  await expect(again.getByRole('article').last()).toContainText('Paris');
  await expect(again.getByText('Stopped', { exact: true })).toBeVisible();
  await again.getByRole('button', { name: 'Retry' }).click();
  await expect(again.getByText('tokens/s')).toBeVisible();
  await expect(again.getByRole('article')).toHaveCount(2);
});

test('a conversation that another window has open is not written by two', async ({ view }) => {
  const page = await view('popup');
  await ask(page);
  await expect(page.getByText('tokens/s')).toBeVisible();
  const second = await view('popup');
  await expect(second.getByText('Ask the model on this device')).toBeVisible();
  await second.getByRole('button', { name: 'Chats' }).click();
  await second
    .getByRole('dialog')
    .getByRole('button', { name: /^What is the capital/ })
    .click();
  await expect(second.getByRole('alert')).toContainText('another window');
});

test('the end is followed only while it is being read', async ({ view }) => {
  const page = await view('popup', { delay: '15', answer: 'A line of the story.\n\n'.repeat(60) });
  await ask(page);
  await expect(page.getByText('A line of the story.').nth(20)).toBeAttached();
  await expect.poll(() => distanceToEnd(page)).toBeLessThan(48);
  await page.getByRole('log').hover();
  await page.mouse.wheel(0, -400);
  const toEnd = page.getByRole('button', { name: 'Scroll to the end' });
  await expect(toEnd).toBeVisible();
  const top = await page.getByRole('log').evaluate((log) => log.scrollTop);
  await expect(page.getByText('A line of the story.').nth(40)).toBeAttached();
  expect(await page.getByRole('log').evaluate((log) => log.scrollTop)).toBe(top);
  await toEnd.click();
  await expect.poll(() => distanceToEnd(page)).toBeLessThan(48);
});

test('a long conversation opens with its end, and shows the rest when asked', async ({ view }) => {
  const page = await view('popup');
  await page.evaluate(async () => {
    const history = testing.createHistory();
    const times = { createdMs: 0, updatedMs: Date.now() };
    await history.saveConversation({ id: 'long', title: 'Long', titledBy: 'question', ...times, leaf: '199' });
    for (let index = 0; index < 200; index++) {
      const role = index % 2 === 0 ? 'user' : 'assistant';
      const place = { id: String(index), parent: index === 0 ? null : String(index - 1) };
      await history.saveMessage('long', {
        ...place,
        role,
        text: `Message ${index}.`,
        createdMs: 0,
        status: 'complete',
      });
    }
  });
  await page.reload();
  await expect(page.getByText('Message 199.')).toBeInViewport();
  await expect(page.getByText('Message 0.')).toHaveCount(0);
  for (let pages = 0; pages < 3; pages++) await page.getByRole('button', { name: 'Show earlier messages' }).click();
  await expect(page.getByText('Message 0.')).toBeAttached();
});

test('an answer is announced in sentences', async ({ view }) => {
  const page = await view('popup', { answer: 'First sentence. Second one. Third.' });
  await ask(page);
  await expect(page.getByText('tokens/s')).toBeVisible();
  await expect(page.locator('.messages > [role=status]')).toContainText('Third.');
});

for (const [error, title, button] of [
  ['device-lost', 'The GPU was taken away', 'Restart the engine'],
  ['hash-mismatch', 'The model file was changed on the way', 'Delete and fetch again'],
  ['storage-full', 'The storage is full', 'Open Models'],
  ['no-adapter', 'No usable graphics processor', 'Check again'],
] as const) {
  test(`an engine that failed with ${error} offers “${button}”`, async ({ view }) => {
    const page = await view('popup', { state: 'failed', error });
    await expect(page.getByRole('heading', { name: title })).toBeVisible();
    await expect(page.getByRole('button', { name: button })).toBeEnabled();
  });
}

test('a conversation that is too long offers a new chat', async ({ view }) => {
  const page = await view('popup', { error: 'quota' });
  await ask(page);
  await page.getByRole('alert').getByRole('button', { name: 'New chat' }).click();
  await expect(page.getByRole('article')).toHaveCount(0);
});

test('without WebGPU nothing can be asked, and this browser is told what it needs', async ({ view }) => {
  const page = await view('pwa', { state: 'failed', error: 'no-webgpu' });
  await expect(page.getByRole('textbox', { name: 'Message' })).toBeDisabled();
  await expect(page.getByText('this browser', { exact: true })).toBeVisible();
});

test('a download shows its progress to everyone', async ({ view }) => {
  const page = await view('popup', { state: 'downloading' });
  const bar = page.getByRole('progressbar', { name: 'Downloading Pocket' });
  await expect(bar).toHaveAttribute('aria-valuenow', '50');
  await expect(page.getByText('5.9 MB of 11.6 MB')).toBeVisible();
});
