/**
 * Finds a Chromium and starts it, with or without the built extension.
 *
 * @module
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium, type Worker } from '@playwright/test';

export const EXTENSION_DIR = join(import.meta.dirname, '../.output/chrome-mv3');

// Branded Chrome is not among them: since version 137 it ignores --load-extension.
const NAMES = ['chromium', 'chromium-browser', 'ungoogled-chromium', 'microsoft-edge', 'brave-browser'];
const PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Brave Browser.app/Contents/MacOS/Brave Browser',
  '/snap/bin/chromium',
];

/**
 * The browser to test with: `CHROMIUM_PATH`, an installed Chromium, or Playwright's.
 *
 * @throws Error that says how to get one.
 */
export function findChromium(): string {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen) {
    if (isExecutable(chosen)) return chosen;
    throw new Error(`CHROMIUM_PATH is ${chosen}, which is not a program. Set it to a Chromium, or unset it.`);
  }
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), ...PLACES];
  const found = candidates.find(isExecutable) ?? [chromium.executablePath()].find(isExecutable);
  if (found !== undefined) return found;
  throw new Error(
    'No Chromium was found. Install one (Debian and Ubuntu: apt-get install chromium; macOS: brew install --cask chromium), ' +
      "or fetch Playwright's (npx playwright install chromium), or set CHROMIUM_PATH to the program. " +
      'Google Chrome itself will not do: it no longer loads unpacked extensions from the command line.',
  );
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Flags that every run has. With `--enable-unsafe-webgpu` Chromium takes a real GPU where there is one (through Vulkan on Linux)
 * and its software adapter, SwiftShader, where there is none.
 */
export function browserArgs(extra: readonly string[] = []): string[] {
  const args = ['--enable-unsafe-webgpu', '--disable-quic', '--disable-sync', '--disable-component-update'];
  if (process.platform === 'linux') args.push('--enable-features=Vulkan');
  if (process.getuid?.() === 0) args.push('--no-sandbox'); // Chromium's sandbox refuses to run as root
  return [...args, ...extra];
}

export interface Browser {
  context: BrowserContext;
  /** The folder of its files. */
  profile: string;
  /** Closes the browser and removes its profile. */
  close: () => Promise<void>;
}
export interface LaunchOptions {
  /** Flags beside {@link browserArgs}. */
  args?: readonly string[];
  headless?: boolean;
  /** Folders of other extensions, unpacked. */
  beside?: readonly string[];
  viewport?: { width: number; height: number };
  isMobile?: boolean;
}

/** Starts Chromium in a fresh profile. */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  const executablePath = findChromium();
  const profile = await mkdtemp(join(tmpdir(), 'localllm-profile-'));
  const removeProfile = () => rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  try {
    // An unpacked extension that reloads comes back in developer mode only.
    await mkdir(join(profile, 'Default'));
    const preferences = { extensions: { ui: { developer_mode: true } } };
    await writeFile(join(profile, 'Default/Preferences'), JSON.stringify(preferences));
    const context = await chromium.launchPersistentContext(profile, {
      executablePath,
      headless: options.headless ?? true,
      args: browserArgs(options.args),
      ignoreDefaultArgs: ['--disable-extensions'],
      handleSIGINT: false,
      ...(options.viewport && { viewport: options.viewport }),
      ...(options.isMobile && { isMobile: true, hasTouch: true }),
    });
    return {
      context,
      profile,
      close: async () => {
        await context.close();
        await removeProfile();
      },
    };
  } catch (error) {
    await removeProfile();
    throw error;
  }
}

export interface ExtensionBrowser extends Browser {
  /** 'chrome-extension://…', no trailing slash. */
  extensionOrigin: string;
}

/** Starts Chromium with the built extension in a fresh profile. */
export async function launchWithExtension(options: LaunchOptions = {}): Promise<ExtensionBrowser> {
  if (!existsSync(join(EXTENSION_DIR, 'manifest.json'))) {
    throw new Error('The extension is not built (.output/chrome-mv3 is missing). Run: npm run build:extension');
  }
  const folders = [EXTENSION_DIR, ...(options.beside ?? [])].join(',');
  const load = [`--disable-extensions-except=${folders}`, `--load-extension=${folders}`];
  const browser = await launchChromium({ ...options, args: [...load, ...(options.args ?? [])] });
  const { context } = browser;
  try {
    const isOurs = (worker: Worker) => worker.url().endsWith('/background.js');
    const worker =
      context.serviceWorkers().find(isOurs) ??
      (await context.waitForEvent('serviceworker', { predicate: isOurs, timeout: 20_000 }));
    return { ...browser, extensionOrigin: worker.url().split('/', 3).join('/') };
  } catch (cause) {
    await browser.close();
    throw new Error('Chromium started, but the extension did not. It must be a Chromium, not Google Chrome.', {
      cause,
    });
  }
}
