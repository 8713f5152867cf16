/**
 * Who pages, frames and other extensions say they are, and what they ask without the person. Each ends with what the attacker got: nothing.
 *
 * @module
 */
import { join } from 'node:path';
import type { Page, Worker } from '@playwright/test';
import { launchWithExtension } from '../chromium.ts';
import { AskingPage, expect, test } from '../e2e/fixtures.ts';
import { engineStatus } from '../pages.ts';
import { poisonObjects, sendRaw, stealPort } from './hostile-page.ts';

// Playwright's `evaluate` counts as the person's click: opening a window uses that up.

const GREETING = { input: 'Hello', options: { maxTokens: 4 }, stream: false };

/** A page whose own scripts ran before the extension's. */
async function openHostile(
  at: { extension: { context: { newPage(): Promise<Page> } }; site: { port: number } },
  name: string,
  before: () => void,
): Promise<AskingPage> {
  const page = await at.extension.context.newPage();
  await page.addInitScript(before);
  await page.goto(`http://${name}.localhost:${at.site.port}/`);
  await page.waitForFunction(() => 'localLLM' in window);
  return new AskingPage(page);
}

const questions = (pages: readonly Page[]) => pages.filter((page) => page.url().includes('/permission.html'));

test('frames on a stolen port claim, forge, replay: each is refused by name, and nobody is asked', async ({
  extension,
  site,
}) => {
  const { page } = await openHostile({ extension, site }, 'forger', stealPort);
  const code = async (frame: Record<string, unknown>, id = frame['id'] as number) =>
    (await sendRaw(page, frame, id)).error?.code;
  let id = 1000;
  const request = (more: object) => ({ t: 'request', id: ++id, method: 'generate', params: GREETING, ...more });

  // Claims about who asks have no place in a frame.
  for (const claim of [
    { origin: extension.extensionOrigin },
    { identity: { origin: extension.extensionOrigin, trusted: true, owner: 'ui' } },
    { owner: 'ui' },
    { trusted: true },
    { channel: 'ui-1' },
  ]) {
    expect(await code(request(claim)), JSON.stringify(claim)).toBe('bad-argument');
  }
  // That the person has clicked is the content script's to say.
  expect(await code(request({ activation: true }))).toBe('not-allowed');
  // What only our own pages may do.
  for (const { method, params } of [
    { method: 'engine.unload', params: undefined },
    { method: 'engine.load', params: {} },
    { method: 'engine.status', params: { watch: false } },
    { method: 'engine.profile', params: { past: 0 } },
    { method: 'models.list', params: undefined },
    { method: 'models.delete', params: { id: 'pocket' } },
  ]) {
    expect(await code(request({ method, params })), method).toBe('not-allowed');
  }
  // What is no frame at all.
  for (const frame of [
    { t: 'request', id: ++id, method: '__proto__' },
    { t: 'request', id: ++id, method: 'constructor' },
    { t: 'request', id: -1, method: 'generate' },
    { t: 'open', id: ++id, channel: 'x', identity: { origin: 'x', trusted: true } },
    { e: 'configure', id: ++id, baseUrl: 'https://evil.example/' },
    { t: 'credit', id: ++id, deltas: Number.POSITIVE_INFINITY },
  ]) {
    const at = Number.isSafeInteger(frame.id) ? frame.id : 0;
    expect(await code(frame, at), JSON.stringify(frame)).toBe('bad-argument');
  }
  for (const frame of [null, 'x', 7, [], new Date(0)]) expect((await sendRaw(page, frame, 0)).error).toBeDefined();
  expect(questions(extension.context.pages())).toHaveLength(0);
  // A replayed request is another request, without a grant too.
  expect(await code({ t: 'request', id: 7, method: 'generate', params: GREETING })).toBe('not-allowed');
  expect(await code({ t: 'request', id: 7, method: 'generate', params: GREETING })).toBe('not-allowed');
  await page.close();
});

test('a page that poisons its prototypes is asked about under its own name', async ({ extension, site }) => {
  const hostile = await openHostile({ extension, site }, 'poisoner', poisonObjects);
  const opened = extension.context.waitForEvent('page', (page) => page.url().includes('/permission.html'));
  await hostile.page.evaluate(() => {
    addEventListener('click', () => void window.localLLM.permissions.request().catch(() => {}), { once: true });
  });
  await hostile.page.mouse.click(5, 5);
  const question = await opened;
  await expect(question.getByRole('main')).toContainText('poisoner.localhost');
  await expect(question.getByRole('main')).not.toContainText('bank');
  await question.close();
  await hostile.page.close();
});

test('without the person nobody is asked: made-up clicks, frames, documents without an origin', async ({
  extension,
  openSite,
  site,
}) => {
  const { page } = await openSite('clicker');
  const refused = await page.evaluate(async () => {
    window.open('about:blank')?.close(); // uses up the click that this call counts as
    const button = document.querySelector('button')!;
    const asked = new Promise<string>((resolve) => {
      button.addEventListener('click', () => {
        window.localLLM.permissions.request().then(resolve, (error: Error) => resolve(error.name));
      });
    });
    button.dispatchEvent(new MouseEvent('click', { bubbles: true }));
    return asked;
  });
  expect(refused).toBe('NotAllowedError');

  // Frames: of another site, sandboxed, of no origin, in a frame; each tries the provider, its event, and a port of its own.
  const attempt = `(() => {
    const seen = ['localLLM' in window];
    addEventListener('localllm:announce', () => seen.push('announced'));
    dispatchEvent(new Event('localllm:request'));
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => seen.push(data);
    window.postMessage('localllm:port', '*', [port2]);
    port1.postMessage({ t: 'request', id: 1, method: 'availability' });
    setTimeout(() => parent.postMessage({ seen }, '*'), 1500);
  })()`;
  const sources = [
    { srcdoc: `<script>${attempt}</script>` },
    { srcdoc: `<script>${attempt}</script>`, sandbox: 'allow-scripts' },
    { src: `data:text/html,<script>${encodeURIComponent(attempt)}</script>` },
    { src: `http://framed.localhost:${site.port}/`, sandbox: 'allow-scripts' },
  ];
  const loot = await page.evaluate(async (frames) => {
    const found: unknown[] = [];
    addEventListener('message', ({ data }) => {
      if (data?.seen) found.push(data.seen);
    });
    for (const attributes of frames) {
      const frame = document.createElement('iframe');
      for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
      document.body.append(frame);
    }
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return found;
  }, sources);
  expect(loot).toEqual([[false], [false], [false]]); // the fourth runs the site's own script, which sends nothing
  expect(questions(extension.context.pages())).toHaveLength(0);
});

test("the question cannot be framed, and is not the page's to answer", async ({ extension, openSite }) => {
  const { page } = await openSite('jacker');
  const url = `${extension.extensionOrigin}/permission.html?id=1`;
  const answered = await page.evaluate(async (address) => {
    const frame = document.createElement('iframe');
    frame.src = address;
    document.body.append(frame);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const fetched = await fetch(address).then(
      () => 'fetched',
      () => 'refused',
    );
    const opened = window.open(address);
    await new Promise((resolve) => setTimeout(resolve, 500));
    let reached = 'nothing';
    try {
      reached = opened ? opened.document.title : 'nothing';
    } catch {
      reached = 'nothing';
    }
    opened?.close();
    return { fetched, reached, runtime: typeof (globalThis as { chrome?: { runtime?: unknown } }).chrome?.runtime };
  }, url);
  expect(answered).toMatchObject({ fetched: 'refused', reached: 'nothing' });
  const framed = page.frames().filter((frame) => frame !== page.mainFrame());
  for (const frame of framed) expect(await frame.getByRole('button').count()).toBe(0);
});

test("another extension's page reaches nothing", async () => {
  const other = join(import.meta.dirname, 'other-extension');
  const browser = await launchWithExtension({ beside: [other] });
  try {
    const ours = browser.extensionOrigin;
    // Its service worker may start later than ours.
    const isTheirs = (worker: Worker) => new URL(worker.url()).pathname === '/other.js';
    const worker =
      browser.context.serviceWorkers().find(isTheirs) ??
      (await browser.context.waitForEvent('serviceworker', { predicate: isTheirs }));
    const theirs = worker.url().split('/', 3).join('/');
    const page = await browser.context.newPage();
    await page.goto(`${theirs}/attack.html`);
    const got = await page.evaluate(async (id) => {
      const talk = (name: string) =>
        new Promise((resolve) => {
          const port = chrome.runtime.connect(id, { name });
          port.onMessage.addListener(resolve);
          port.onDisconnect.addListener(() => resolve(`refused: ${String(chrome.runtime.lastError?.message)}`));
          port.postMessage({ t: 'request', id: 1, method: 'models.list' });
          setTimeout(() => resolve('silence'), 2000);
        });
      const message = await new Promise((resolve) => {
        chrome.runtime.sendMessage(id, { permission: 'list' }, (reply) => {
          resolve(reply ?? `refused: ${String(chrome.runtime.lastError?.message)}`);
        });
        setTimeout(() => resolve('silence'), 2000);
      });
      const frame = document.createElement('iframe');
      frame.src = `chrome-extension://${id}/popup.html`;
      document.body.append(frame);
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return { client: await talk('localllm-client'), offscreen: await talk('localllm-offscreen'), message };
    }, new URL(ours).host);
    for (const reply of Object.values(got)) expect(String(reply)).toMatch(/^refused|^silence/);
    for (const frame of page.frames().slice(1)) expect(await frame.getByRole('textbox').count()).toBe(0);
    expect((await engineStatus(browser)).running).toBe(0);
  } finally {
    await browser.close();
  }
});
