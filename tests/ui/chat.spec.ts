import type { Page } from '@playwright/test';
import { keepPictures } from '../pictures.ts';
import { ask } from './chat-page.ts';
import { expect, test } from './fixtures.ts';

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

test('answers and questions have versions, reached and announced without a mouse', async ({ view }) => {
  const page = await view('popup', { answer: 'A capital is a large letter, a city, or what one has.' });
  const news = page.locator('.messages > [role=status]');
  await ask(page);
  await page.getByRole('button', { name: 'Retry' }).click();
  const versions = page.getByRole('group', { name: 'Versions' });
  await expect(versions).toHaveText('2 of 2');
  await versions.getByRole('button', { name: 'Previous version' }).focus();
  await page.keyboard.press('Enter');
  await expect(versions).toHaveText('1 of 2');
  await expect(versions.getByRole('button', { name: 'Previous version' })).toBeFocused();
  await expect(news).toHaveText('Version 1 of 2.');

  await page.getByRole('button', { name: 'Edit' }).focus();
  await page.keyboard.press('Enter');
  const editor = page.getByRole('textbox', { name: 'Edit your message' });
  await expect(editor).toBeFocused();
  await editor.fill('Something else');
  await page.keyboard.press('Escape');
  await expect(page.getByRole('article').first()).toHaveText('What is the capital of France?');
  await page.getByRole('button', { name: 'Edit' }).click();
  await expect(editor).toBeFocused();
  await keepPictures(page, 'chat-edit');
  await page.keyboard.type(' And of Spain?');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('article').first()).toHaveText('What is the capital of France? And of Spain?');
  await expect(page.getByText('tokens/s')).toBeVisible();
  await expect(versions).toHaveCount(1);
  await expect(versions).toHaveText('2 of 2');
  await keepPictures(page, 'chat-versions');
  await versions.getByRole('button', { name: 'Previous version' }).click();
  await expect(versions.last()).toHaveText('1 of 2');
  await expect(page.getByRole('article').first()).toHaveText('What is the capital of France?');
  await expect(versions).toHaveCount(2);
  await page.reload();
  await expect(versions).toHaveText(['1 of 2', '1 of 2']);
});

test('text files are attached, measured, sent and opened again', async ({ view }) => {
  const page = await view('popup');
  const field = page.getByRole('textbox', { name: 'Message' });
  const note = page.locator('.composer-note');
  const files = page.locator('form.composer input[type=file]');
  await files.setInputFiles([
    { name: 'notes.md', mimeType: 'text/markdown', buffer: Buffer.from('# Notes\n\nThe meeting is at nine.\n') },
    { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]) },
  ]);
  await expect(page.getByRole('alert')).toContainText('“photo.png” is not a text file');
  await expect(page.getByRole('list', { name: 'Attached' })).toContainText('notes.md');
  await expect(note.getByText('of 1,024 tokens')).toBeVisible();
  await drop(page, 'long.csv', 'name;age\n'.repeat(800));
  await expect(note.getByText(/^Too long by [\d,]+ tokens/)).toBeVisible();
  await field.fill('When is the meeting?');
  await expect(page.getByRole('button', { name: 'Send' })).toBeDisabled();
  await keepPictures(page, 'chat-too-long');
  await page.getByRole('button', { name: 'Remove long.csv' }).click();
  await expect(field).toBeFocused();
  await expect(note.getByText(/^Fits: \d+ of/)).toBeVisible();
  await field.evaluate((element) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(['pasted'], 'pasted.txt'));
    element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }));
  });
  await expect(page.getByRole('list', { name: 'Attached' })).toContainText('pasted.txt');
  await page.getByRole('button', { name: 'Remove pasted.txt' }).click();
  await field.press('Enter');
  await expect(page.getByText('tokens/s')).toBeVisible();
  await expect(page.getByRole('list', { name: 'Attached' })).toHaveCount(1);
  await keepPictures(page, 'chat-attached');
  await page.getByRole('article').first().getByRole('button', { name: 'notes.md' }).click();
  await expect(page.getByRole('dialog', { name: 'notes.md' })).toContainText('The meeting is at nine.');
  await keepPictures(page, 'chat-attachment');
});

/** As a file manager would. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  const data = await page.evaluateHandle(
    ([fileName, content]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([content], fileName));
      return transfer;
    },
    [name, text] as const,
  );
  const target = page.getByText('Ask the model on this device');
  await target.dispatchEvent('dragover', { dataTransfer: data });
  await expect(page.getByText('Drop text files')).toBeVisible();
  await target.dispatchEvent('drop', { dataTransfer: data });
  await expect(page.getByText('Drop text files')).toHaveCount(0);
}

test('thoughts are folded, and an answer that was stopped goes on', async ({ view }) => {
  const answer = '<think> The person asks for a capital. </think> The capital of France is Paris.';
  const page = await view('pwa', { answer, delay: 'Infinity' });
  await page.setViewportSize({ width: 390, height: 780 });
  await ask(page);
  const last = page.getByRole('article').last();
  await expect(last).toContainText('is Paris.');
  await expect(last.getByText('The person asks')).toBeHidden();
  await page.getByRole('button', { name: 'Stop' }).click();
  await last.getByText('Thoughts').click();
  await expect(last.getByText('The person asks')).toBeVisible();
  await keepPictures(page, 'chat-thoughts-phone');
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(last).toContainText('is Paris.<think>');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('article')).toHaveCount(2);
});

test('a long conversation opens with its end, and shows the rest when asked', async ({ view }) => {
  const page = await view('popup');
  await page.evaluate(async () => {
    const history = testing.createHistory();
    const times = { createdMs: 0, updatedMs: Date.now() };
    const conversation = { id: 'long', title: 'Long', titledBy: 'question', ...times, leaf: '199' } as const;
    const messages = Array.from({ length: 200 }, (_, index) => ({
      id: String(index),
      parent: index === 0 ? null : String(index - 1),
      role: index % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text: `Message ${index}.`,
      createdMs: 0,
      status: 'complete' as const,
    }));
    await history.saveAll([{ conversation, messages }]);
  });
  await page.reload();
  await expect(page.getByText('Message 199.')).toBeInViewport();
  await expect(page.getByText('Message 0.')).toHaveCount(0);
  for (let pages = 0; pages < 3; pages++) await page.getByRole('button', { name: 'Show earlier messages' }).click();
  await expect(page.getByText('Message 0.')).toBeAttached();
});

test('an answer that is there before it is drawn once is announced', async ({ view }) => {
  const page = await view('popup', { answer: 'Paris.', delay: '0' });
  await ask(page);
  await expect(page.locator('.messages > [role=status]')).toHaveText('Paris.');
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
