/**
 * `npm run ask -- "question"`: the whole way of one answer without a display. A real Chromium with the built extension opens a page
 * on an ordinary origin, the page asks, the permission window is answered, the answer streams to stdout.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { BrowserContext, Page } from '@playwright/test';
import { serveFolder } from '../pwa/serve.ts';
import { type ExtensionBrowser, launchWithExtension } from './chromium.ts';
import { answerPermission, engineStatus, type Outcome } from './pages.ts';

const HELP = `Usage: npm run ask -- "question" [options]

Asks the embedded model through the built extension, from a page, in a headless Chromium.
The answer goes to stdout, progress to stderr. Exits with 0 only if the model answered.

  --json                      print {answer, finishReason, usage, ttftMs, tokensPerSecond, adapter} instead of the text;
                              ttftMs counts from the click: with the grant and the loading of the model
  --system TEXT               system prompt
  --raw                       no chat template: continue the text
  --max-tokens N              --temperature X      --top-k N       --top-p X      --min-p X      --seed N
  --repetition-penalty X      --presence-penalty X --frequency-penalty X
  --stop TEXT                 stop before this text (repeatable)
  --browser-arg FLAG          pass a flag to Chromium (repeatable), as in --browser-arg=--use-webgpu-adapter=swiftshader
  --headed                    show the browser
  --no-build                  use the extension as it was last built
  --timeout SECONDS           give up after so long (default 300)
  --help

CHROMIUM_PATH names the Chromium to use. Scripts that read stdout call \`npm run -s ask\`, which leaves out npm's own lines.`;

const NUMBERS = {
  'max-tokens': 'maxTokens',
  temperature: 'temperature',
  'top-k': 'topK',
  'top-p': 'topP',
  'min-p': 'minP',
  seed: 'seed',
  'repetition-penalty': 'repetitionPenalty',
  'presence-penalty': 'presencePenalty',
  'frequency-penalty': 'frequencyPenalty',
} as const;

interface Arguments {
  question: string;
  json: boolean;
  headless: boolean;
  build: boolean;
  timeoutMs: number;
  browserArgs: string[];
  /** As `generateStreaming` takes them. */
  options: Record<string, unknown>;
}

function readArguments(): Arguments {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      json: { type: 'boolean', default: false },
      raw: { type: 'boolean' },
      headed: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      timeout: { ...text, default: '300' },
      system: text,
      stop: { ...text, multiple: true },
      'browser-arg': { ...text, multiple: true, default: [] },
      'max-tokens': text,
      temperature: text,
      'top-k': text,
      'top-p': text,
      'min-p': text,
      seed: text,
      'repetition-penalty': text,
      'presence-penalty': text,
      'frequency-penalty': text,
    },
  });
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const [question, ...rest] = positionals;
  if (!question)
    throw new Error('There is no question. Put it in quotes: npm run ask -- "What is the capital of France?"');
  if (rest.length > 0)
    throw new Error(`One question at a time: "${rest[0]}" is left over. Put the question in quotes.`);
  const options: Record<string, unknown> = {};
  for (const [flag, option] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, string][]) {
    if (values[flag] !== undefined) options[option] = readNumber(flag, values[flag]);
  }
  if (values.system !== undefined) options['system'] = values.system;
  if (values.stop !== undefined) options['stop'] = values.stop;
  if (values.raw) options['raw'] = true;
  return {
    question,
    json: values.json,
    headless: !values.headed,
    build: !values['no-build'],
    timeoutMs: readNumber('timeout', values.timeout) * 1000,
    browserArgs: values['browser-arg'],
    options,
  };
}

function readNumber(flag: string, value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number)) return number;
  throw new Error(`--${flag} takes a number, not "${value}".`);
}

function say(progress: string): void {
  process.stderr.write(`${progress}\n`);
}

/** Builds the extension; what the build says is shown only if it fails. */
async function buildExtension(): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../node_modules/wxt/bin/wxt.mjs'), 'build'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0) throw new Error(`The extension does not build:\n${Buffer.concat(output).toString()}`);
}

/** Opens the page, asks, answers the permission window, and follows the answer. */
async function ask(context: BrowserContext, url: string, args: Arguments): Promise<Outcome> {
  const page = await context.newPage();
  await page.exposeFunction('onDelta', (text: string) => {
    if (!args.json) process.stdout.write(text);
  });
  await page.goto(url);
  await page
    .waitForFunction(() => 'localLLM' in window, undefined, { timeout: 10_000 })
    .catch(() => Promise.reject(new Error('The page never got window.localLLM: the extension did not reach it.')));
  await page.getByLabel('Question').fill(args.question);
  await page.getByLabel('Options').fill(JSON.stringify(args.options));
  const granted = answerPermission(context, 'Allow once').then(() => say('Granted; the model is loading …'));
  granted.catch(() => undefined); // it stays open when the page is refused before any question
  await page.getByRole('button', { name: 'Ask' }).click();
  await Promise.race([granted, outcomeOf(page, args.timeoutMs)]);
  return outcomeOf(page, args.timeoutMs);
}

async function outcomeOf(page: Page, timeout: number): Promise<Outcome> {
  const handle = await page.waitForFunction(() => window.outcome, undefined, { timeout });
  return (await handle.jsonValue()) as Outcome;
}

async function main(): Promise<void> {
  const args = readArguments();
  const closers: (() => Promise<void>)[] = [];
  let stopped = false;
  const closeAll = async () => {
    for (const close of closers.splice(0).toReversed()) await close().catch((error: unknown) => say(String(error)));
  };
  const stop = (exitCode: number) => {
    stopped = true;
    void closeAll().finally(() => process.exit(exitCode));
  };
  process.once('SIGINT', () => stop(130));
  process.once('SIGTERM', () => stop(143));
  const timer = setTimeout(() => {
    say(`No answer after ${args.timeoutMs / 1000} s.`);
    stop(1);
  }, args.timeoutMs);
  try {
    if (args.build) {
      say('Building the extension …');
      await buildExtension();
    }
    say('Starting Chromium …');
    const site = await serveFolder(join(import.meta.dirname, 'site'), 0);
    closers.push(site.close);
    const browser = await launchWithExtension({ args: args.browserArgs, headless: args.headless });
    closers.push(browser.close);
    const outcome = await ask(browser.context, `http://localhost:${site.port}/`, args);
    await report(outcome, browser, args);
  } catch (error) {
    if (!stopped) throw error; // what was stopped fails in its own ways
  } finally {
    clearTimeout(timer);
    await closeAll();
  }
}

async function report(outcome: Outcome, browser: ExtensionBrowser, args: Arguments): Promise<void> {
  if ('error' in outcome) throw new Error(`${outcome.error.name}: ${outcome.error.message}`);
  const { result, ttftMs, decodeMs } = outcome;
  if (result.text.trim() === '') throw new Error('The model ended without an answer.');
  const { adapter } = await engineStatus(browser);
  const tokensPerSecond = decodeMs > 0 ? ((result.usage.completionTokens - 1) * 1000) / decodeMs : 0;
  if (args.json) {
    const { text: answer, finishReason, usage } = result;
    console.log(JSON.stringify({ answer, finishReason, usage, ttftMs, tokensPerSecond, adapter }));
  } else {
    process.stdout.write('\n');
    say(
      `${result.usage.completionTokens} tokens, ${tokensPerSecond.toFixed(1)} tokens/s, on ${adapter ?? 'an unnamed adapter'}`,
    );
  }
}

await main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
