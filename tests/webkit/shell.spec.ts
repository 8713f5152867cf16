import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { By } from 'selenium-webdriver';
import { type Served, serveFolder } from '../../pwa/serve.ts';
import { until, WebKit } from './browser.ts';

const DIST = join(import.meta.dirname, '../../pwa/dist');
const CHAT = {
  format: 'localllm-chat',
  version: 1,
  chats: [
    {
      id: 'harbour',
      title: 'The harbour',
      titledBy: 'person',
      createdMs: 1_000,
      updatedMs: 2_000,
      leaf: '1',
      messages: [
        { id: '0', parent: null, role: 'user', text: 'What lies there?', createdMs: 1_000, status: 'complete' },
        { id: '1', parent: '0', role: 'assistant', text: 'Seven boats.', createdMs: 2_000, status: 'complete' },
      ],
    },
  ],
};

let webkit: WebKit;
test.beforeAll(async () => {
  webkit = await WebKit.launch();
});
test.afterAll(() => webkit?.close());

interface Site extends Served {
  url: string;
  folder: string;
}

/** Serves a copy of the built web app, changed or not, under an origin of its own. */
async function serve(change?: (folder: string) => Promise<void>): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'localllm-dist-'));
  await cp(DIST, folder, { recursive: true });
  await change?.(folder);
  const served = await serveFolder(folder, 0);
  const close = async () => {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  };
  return { ...served, close, folder, url: `http://localhost:${served.port}/` };
}

const scriptsOf = async (folder: string) =>
  (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.js'));
const sees = (words: RegExp) => expect.poll(() => webkit.text(), { timeout: 20_000 }).toMatch(words);
const element = (xpath: string) => webkit.driver.findElement(By.xpath(xpath));
/** Where it is now: the view may still be moving. */
const press = (xpath: string) => webkit.driver.executeScript('arguments[0].click()', element(xpath));
const DOWNLOAD = '//button[normalize-space()="Download"]';

test('WebKit reads every script of the app', async () => {
  let scripts: string[] = [];
  // A script with a mistake is refused before it asks for what it imports; all others fail there, and so none runs.
  const site = await serve(async (folder) => {
    scripts = await scriptsOf(folder);
    for (const name of scripts) {
      const text = await readFile(join(folder, name), 'utf8');
      await writeFile(join(folder, name), `${text}\nimport './there-is-no-such-file.js';\n`);
    }
    await writeFile(join(folder, 'mistake.js'), "/[/v; import './there-is-no-such-file.js';");
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Scripts</title>');
  });
  await webkit.driver.get(site.url);
  const read = (name: string) =>
    webkit.evaluate<string>('return import(`./${given[0]}`).then(() => "ran", ({ name }) => name)', name);
  expect(await read('mistake.js')).toBe('SyntaxError');
  expect(scripts.length).toBeGreaterThanOrEqual(4);
  for (const name of scripts) expect(`${name}: ${await read(name)}`).toBe(`${name}: TypeError`);
  await site.close();
});

test('without WebGPU it says what to do; chats and the shell are there after a restart without a network', async () => {
  const site = await serve();
  await webkit.driver.get(site.url);
  await sees(/This browser has no WebGPU/);
  await sees(/Safari\s*this browser\s*Version 26 or later: iOS 26/);
  expect(await element('//textarea[@aria-label="Message"]').isEnabled()).toBe(false);
  expect(await webkit.evaluate('return Symbol.asyncIterator in ReadableStream.prototype')).toBe(false);

  const file = join(site.folder, 'chats.json');
  await writeFile(file, JSON.stringify(CHAT));
  await element('//input[@type="file" and @multiple and not(@aria-label)]').sendKeys(file);
  await sees(/The harbour/);
  await until(async () => {
    await press('//*[@data-chat][contains(., "The harbour")]');
    return (await webkit.text()).includes('Seven boats.');
  }, 'The chat did not open.');
  await webkit.evaluate('await navigator.serviceWorker.ready');
  await site.close();

  await webkit.restart();
  await webkit.driver.get(site.url);
  await sees(/Seven boats\./);
  await sees(/This browser has no WebGPU/);
  await press('//a[normalize-space()="Models"]');
  await sees(/Qwen3 8B/);
});

/** WebKitGTK 2.50 keeps files, and has no synchronous handles to write them by. */
test('an engine that cannot store models says so, and what to do', async () => {
  const site = await serve();
  await webkit.driver.get(`${site.url}#/models`);
  await sees(/Pocket/);
  await press(DOWNLOAD);
  await sees(
    /Pocket[^]*This browser cannot read stored files fast enough for a model .*, or use another one\.[^]*SmolLM2/,
  );
  expect(await webkit.evaluate('return (await navigator.storage.getDirectory()).kind')).toBe('directory');
  await site.close();
});

test('a model arrives, is checked, and is there after a restart without a network', async () => {
  const handles = await readFile(join(import.meta.dirname, 'sync-handles.js'), 'utf8');
  const site = await serve(async (folder) => {
    for (const name of await scriptsOf(folder)) {
      if (!/\bworker-[^/]*\.js$/.test(name) || name.includes('grammar')) continue;
      await writeFile(join(folder, name), `${handles}${await readFile(join(folder, name), 'utf8')}`);
    }
  });
  await webkit.driver.get(`${site.url}#/models`);
  await sees(/Pocket/);
  await press(DOWNLOAD);
  await sees(/11\.6 MB by models/);
  await webkit.evaluate('await navigator.serviceWorker.ready');
  await site.close();
  await webkit.restart();
  await webkit.driver.get(`${site.url}#/models`);
  await sees(/11\.6 MB by models/);
  const bytes = await webkit.evaluate<number[]>(`
    const sizes = [];
    const walk = async (folder) => {
      for await (const entry of folder.values()) {
        if (entry.kind === 'directory') await walk(entry);
        else sizes.push((await entry.getFile()).size);
      }
    };
    await walk(await navigator.storage.getDirectory());
    return sizes;`);
  expect(bytes).toContain(11_588_800);
});
