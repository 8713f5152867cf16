// One model for all: exchanged while a site is answered, set otherwise, measured; the site's session is told.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import type { ModelInfo } from '../../engine/protocol/models.ts';
import type { LocalLLM } from '../../engine/client/local-llm.ts';
import { randomAdapter } from '../fidelity/random-adapter.ts';
import { answerPermission, engineStatus } from '../pages.ts';
import { ENDLESS, expect, test } from './fixtures.ts';

const POCKET = fileURLToPath(new URL('../../models/pocket/pocket-q4_0.gguf', import.meta.url));

/** One request of our own page. */
const request = <T>(page: Page, method: string, params?: object): Promise<T> =>
  page.evaluate(
    async ([name, given]) => {
      const port = chrome.runtime.connect({ name: 'localllm-client' });
      const answer = await new Promise<{ result?: unknown; error?: { message: string } }>((resolve) => {
        port.onMessage.addListener((frame) => {
          if (frame.t === 'done' || frame.t === 'error') resolve(frame);
        });
        port.postMessage({ t: 'request', id: 1, method: name, ...(given && { params: given }) });
      });
      port.disconnect();
      if (answer.error) throw new Error(answer.error.message);
      return answer.result as T;
    },
    [method, params] as const,
  );
const listed = async (page: Page, id: string) =>
  (await request<ModelInfo[]>(page, 'models.list')).find((model) => model.id === id);

test('another model takes the place of one that answers, and sessions go on with it', async ({
  extension,
  openSite,
}, info) => {
  // Padded, as large as files are that other threads verify while they are loaded.
  const second = info.outputPath('second.gguf');
  writeFileSync(second, Buffer.concat([readFileSync(POCKET), new Uint8Array(64 << 20)]));
  const site = await openSite('exchange');
  await site.ask('Tell me a story.', ENDLESS);
  await answerPermission(extension.context, 'Always allow');
  await expect(site.answer).not.toBeEmpty();
  await site.page.evaluate(async () => {
    const { localLLM } = globalThis as unknown as { localLLM: LocalLLM };
    const session = await localLLM.LanguageModel.create({ initialPrompts: [{ role: 'system', content: 'Be brief.' }] });
    const seen: number[] = [];
    session.addEventListener('modelchange', () => seen.push(session.contextWindow));
    Object.assign(globalThis, { session, seen });
  });
  const seen = () => site.page.evaluate(() => (globalThis as unknown as { seen: number[] }).seen);

  const own = await extension.context.newPage();
  await own.goto(`${extension.extensionOrigin}/options.html`);
  await own.locator('input[type=file]').first().setInputFiles(second);
  await expect.poll(async () => (await listed(own, 'second'))?.state).toBe('stored');

  const exchanged = request<ModelInfo[]>(own, 'models.setDefault', { id: 'second' });
  await expect.poll(async () => (await engineStatus(extension)).notice).toMatch(/One answer is completed first/);
  await expect(site.status).not.toHaveText('done');
  await site.stop();
  expect((await exchanged).find(({ id }) => id === 'second')).toMatchObject({ isDefault: true, loaded: true });
  await expect.poll(seen).toHaveLength(1);

  await request(own, 'models.configure', { id: 'second', settings: { contextTokens: 512 } });
  await expect.poll(async () => (await seen()).at(-1)).toBe(512);
  await site.ask('What is the capital of France?');
  await expect(site.answer).toContainText('Paris');
  await expect(site.status).toHaveText('done');
  // Quiet again: now it is found out how fast it is.
  await expect.poll(async () => (await listed(own, 'second'))?.speed?.decode ?? 0).toBeGreaterThan(0);

  const left = await request<ModelInfo[]>(own, 'models.delete', { id: 'second' });
  expect(left.map(({ id, isDefault }) => [id, isDefault])[0]).toEqual(['pocket', true]);
  await own.close();
});

test('an adapter is attached to the loaded model, and taken off again', async ({ extension, openSite }) => {
  const own = await extension.context.newPage();
  await own.goto(`${extension.extensionOrigin}/options.html`);
  const path = await randomAdapter('style', POCKET, { rank: 4, type: 'F16', gain: 1 });
  await own
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'style.gguf', mimeType: '', buffer: readFileSync(path) });
  await expect.poll(async () => (await listed(own, 'style'))?.kind).toBe('adapter');
  await expect(request(own, 'models.setDefault', { id: 'style' })).rejects.toThrow(/adapter/);

  const site = await openSite('adapter');
  const question = 'What is the capital of France?';
  const greedy = { temperature: 0, maxTokens: 20 };
  await site.ask(question, greedy);
  await answerPermission(extension.context, 'Always allow');
  await expect(site.status).toHaveText('done');
  const plain = await site.answer.textContent();

  const attach = (scale: number) =>
    request(own, 'models.configure', { id: 'pocket', settings: { adapters: [{ id: 'style', scale }] } });
  await attach(1);
  await site.ask(question, greedy);
  await expect(site.status).toHaveText('done');
  expect(await site.answer.textContent()).not.toBe(plain);
  expect((await engineStatus(extension)).notice).toBeUndefined();

  await attach(0);
  await site.ask(question, greedy);
  await expect(site.status).toHaveText('done');
  expect(await site.answer.textContent()).toBe(plain);

  // Deleted, it is detached too.
  const left = await request<ModelInfo[]>(own, 'models.delete', { id: 'style' });
  expect(left.find(({ id }) => id === 'pocket')?.settings.adapters ?? []).toEqual([]);
  await own.close();
});
