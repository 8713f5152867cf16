/**
 * The floors and the whole engine in Chromium, beside wllama and WebLLM where their packages are at hand.
 *
 * @module
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';
import { launchChromium } from '../chromium.ts';
import type { Bench } from './browser/page.ts';
import { compare, describeRow } from './engine.ts';
import type { Floors } from './floors.ts';
import { casesFor, type Comparison } from './measured.ts';
import { serve, WEBLLM_PATH } from './serve.ts';

export interface BrowserOptions {
  runs: number;
  contexts: readonly number[];
  prompt: number;
  tokens: number;
  /** The folder of wllama's unpacked package. */
  wllama: string | undefined;
  /** The folders of WebLLM's unpacked package, and of the first model compiled for it: weights, configuration, library. */
  webllm: { package: string; model: string } | undefined;
  args: readonly string[];
  say: (line: string) => void;
}

/** Of the page. */
declare const bench: Bench;

export async function benchInBrowser(
  paths: readonly string[],
  options: BrowserOptions,
): Promise<{ where: string; floors: Floors; comparisons: Comparison[] }> {
  const { wllama, webllm, say } = options;
  if (wllama !== undefined && !existsSync(join(wllama, 'esm/index.js'))) {
    throw new Error(`--wllama is ${wllama}, where there is no esm/index.js: npm pack @wllama/wllama, and unpack it.`);
  }
  if (webllm !== undefined && !existsSync(join(webllm.package, 'lib/index.js'))) {
    throw new Error(
      `--webllm is ${webllm.package}, where there is no lib/index.js: npm pack @mlc-ai/web-llm, and unpack it.`,
    );
  }
  if (wllama === undefined) say('wllama takes no part: its package was not given (--wllama DIR).');
  if (webllm === undefined) say('WebLLM takes no part: package and model were not given (--webllm, --webllm-model).');
  const server = await serve(paths, options);
  const { context, close } = await launchChromium({ args: options.args });
  try {
    const where = `Chromium ${context.browser()?.version() ?? ''}`.trim();
    const page = await context.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => 'bench' in globalThis);
    const floors = await page.evaluate(() => bench.floors());
    const comparisons: Comparison[] = [];
    for (const [index, path] of paths.entries()) {
      const peers: OpenPeer[] = [];
      if (wllama !== undefined) peers.push(openWllama(index));
      if (webllm !== undefined && index === 0) peers.push(openWebLlm(webllm.model));
      for (const peer of peers.length > 0 ? peers : [undefined]) {
        say(`\n${path}`);
        comparisons.push(await compareInPage(page, index, path, peer, options));
      }
    }
    return { where, floors, comparisons };
  } finally {
    await close();
    await server.close();
  }
}

/** Opens the other engine in the page, and says where it runs. */
type OpenPeer = (
  page: Page,
  contextTokens: number,
  log: readonly string[],
) => Promise<NonNullable<Comparison['theirs']>>;

const openWllama =
  (model: number): OpenPeer =>
  async (page, contextTokens, log) => {
    const { loadMs } = await page.evaluate(
      (asked) => bench.openWllama('/packages/wllama', asked.url, asked.contextTokens),
      { url: `/model/${model}`, contextTokens },
    );
    const layers = Number(/offloaded (\d+)\/\d+ layers to GPU/.exec(log.join('\n'))?.[1] ?? 0);
    return { name: 'wllama', on: layers > 0 ? 'WebGPU' : 'the CPU', loadMs };
  };

const openWebLlm =
  (folder: string): OpenPeer =>
  async (page, contextTokens) => {
    const library = readdirSync(folder).find((name) => name.endsWith('.wasm'));
    if (library === undefined)
      throw new Error(`--webllm-model is ${folder}, where there is no compiled library (.wasm).`);
    const model = `/webllm-model${WEBLLM_PATH}`;
    const { loadMs } = await page.evaluate((asked) => bench.openWebLlm(asked), {
      folder: '/packages/webllm',
      model,
      library: `${model}${library}`,
      contextTokens,
    });
    return { name: 'WebLLM', on: 'WebGPU', loadMs };
  };

async function compareInPage(
  page: Page,
  index: number,
  path: string,
  openPeer: OpenPeer | undefined,
  options: BrowserOptions,
): Promise<Comparison> {
  const { prompt, contexts, tokens, runs, say } = options;
  const file = { url: `/model/${index}`, contextTokens: Math.max(prompt, ...contexts) + tokens + 8 };
  const log: string[] = [];
  const listen = (message: { text(): string }) => void log.push(message.text());
  page.on('console', listen);
  const opened = await page.evaluate(({ url, contextTokens }) => bench.openOurs(url, contextTokens), file);
  const ours = { name: 'localLLM', ...opened };
  const bytes = statSync(path).size;
  const result: Comparison = { model: basename(path, '.gguf'), bytes, ours, rows: [] };
  if (openPeer) {
    result.theirs = await openPeer(page, file.contextTokens, log);
    say(`${result.theirs.name} runs on ${result.theirs.on}.`);
  }
  for (const one of casesFor(contexts, prompt, tokens)) {
    const size = { promptTokens: one.promptTokens, tokens: one.tokens };
    const measured = await compare(
      one,
      runs,
      () => page.evaluate((asked) => bench.ours(asked.promptTokens, asked.tokens), size),
      openPeer && (() => page.evaluate((asked) => bench.peer(asked.tokens), size)),
    );
    result.rows.push(...measured);
    for (const row of measured) say(describeRow(row));
  }
  await page.evaluate(() => bench.close());
  page.off('console', listen);
  return result;
}
