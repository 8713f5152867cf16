/**
 * Chromium as an iPhone would show it: its screen, touch, user agent and safe areas. Unlike in other tests the page notices when it is
 * not seen, as on a phone: Playwright keeps its own pages in view, so that it only joins a browser that was started here.
 *
 * @module
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type CDPSession, type Page } from '@playwright/test';
import { browserArgs, findChromium } from './chromium.ts';

/** Safari of iOS 26, which tells no newer system than 18.6. */
export const IPHONE_SAFARI =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1';
/** CSS pixels, with what the notch and the home indicator take. */
const SCREEN = { width: 393, height: 852 };
const INSETS = { top: 59, bottom: 34, left: 0, right: 0 };
const START_MS = 30_000;

export interface Phone {
  page: Page;
  cdp: CDPSession;
  /** Another page comes to the front. */
  hide: () => Promise<Page>;
  /** The page is in front again. */
  show: () => Promise<void>;
  /** Closes the browser and removes its profile. */
  close: () => Promise<void>;
}

/** Starts it in a fresh profile. */
export async function launchPhone(): Promise<Phone> {
  const profile = await mkdtemp(join(tmpdir(), 'localllm-phone-'));
  const flags = ['--headless', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-first-run'];
  const args = [...browserArgs(flags), `--user-agent=${IPHONE_SAFARI}`, '--hide-scrollbars', 'about:blank'];
  const child = spawn(findChromium(), args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill();
    await ended;
    await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const browser = await chromium.connectOverCDP(await endpointOf(child.stderr, ended), { noDefaults: true });
    const context = browser.contexts()[0]!;
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    await emulate(cdp);
    const others: Page[] = [];
    return {
      page,
      cdp,
      hide: async () => {
        const other = await context.newPage();
        others.push(other);
        await other.bringToFront();
        await page.waitForFunction(() => document.visibilityState === 'hidden', undefined, { polling: 50 });
        return other;
      },
      show: async () => {
        await page.bringToFront();
        for (const other of others.splice(0)) await other.close();
        await page.waitForFunction(() => document.visibilityState === 'visible', undefined, { polling: 50 });
      },
      close: async () => {
        await browser.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function emulate(cdp: CDPSession): Promise<void> {
  await cdp.send('Emulation.setDeviceMetricsOverride', { ...SCREEN, deviceScaleFactor: 2, mobile: true });
  await cdp.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
  await cdp.send('Emulation.setSafeAreaInsetsOverride', { insets: INSETS });
}

/** The address that Chromium says it listens on. */
function endpointOf(stderr: NodeJS.ReadableStream, ended: Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why: string) => reject(new Error(`${why} Chromium said: ${said.slice(-500)}`));
    const timer = setTimeout(() => fail(`Chromium did not start within ${START_MS / 1000} s.`), START_MS);
    void ended.then(() => fail('Chromium ended before it could be used.'));
    stderr.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-4096);
      const [, address] = /DevTools listening on (ws:\S+)/.exec(said) ?? [];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(address);
    });
  });
}
