/**
 * A Chromium that can be killed, on a profile that outlives it.
 *
 * @module
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from '@playwright/test';
import { browserArgs, findChromium } from '../chromium.ts';

export interface MortalBrowser {
  page: Page;
  /** Ends the browser's process at once, as a crash or a lost battery does, and its children with it. */
  kill(): Promise<void>;
}

/** Starts a Chromium on the profile and opens `url` in it. */
export async function startMortal(profile: string, url: string): Promise<MortalBrowser> {
  const flags = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-first-run'];
  const child = spawn(findChromium(), [...browserArgs(), ...flags, '--disable-gpu', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    // A group of its own, to be killed whole; Windows has none and ends the children by itself.
    detached: process.platform !== 'win32',
  });
  const kill = async (browser?: Browser): Promise<void> => {
    const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    signal(child);
    await ended;
    await browser?.close().catch(() => {}); // it is gone
  };
  try {
    const browser = await chromium.connectOverCDP(await addressOf(child));
    const page = browser.contexts()[0]!.pages()[0]!;
    await page.goto(url);
    return { page, kill: () => kill(browser) };
  } catch (error) {
    await kill();
    throw error;
  }
}

function signal({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // already ended
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr! })) {
    const [, address] = /^DevTools listening on (ws:\S+)/.exec(line) ?? [];
    if (address !== undefined) {
      child.stderr!.resume(); // nobody reads on: it must not fill up
      return address;
    }
    said.push(line);
  }
  throw new Error(`Chromium ended before it could be reached: ${said.join('\n')}`);
}
