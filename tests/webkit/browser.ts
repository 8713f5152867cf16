/**
 * WebKitGTK over WebDriver: the nearest thing to Safari that runs on Linux. It has no WebGPU.
 *
 * @module
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { Builder, Capabilities, type WebDriver } from 'selenium-webdriver';

/** Debian's packages, and what shows that they are there. */
const PACKAGES: Record<string, () => boolean> = {
  'webkit2gtk-driver': () => onPath('WebKitWebDriver'),
  xvfb: () => onPath('Xvfb'),
  'python3-gi gir1.2-webkit2-4.1': () => {
    const program = "import gi; gi.require_version('WebKit2', '4.1'); from gi.repository import WebKit2";
    return spawnSync(PYTHON, ['-c', program]).status === 0;
  },
};
/** The system's own, which sees the system's packages. */
const PYTHON = '/usr/bin/python3';
const NAME = 'localllm-webkit';

const onPath = (program: string): boolean =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));

export class WebKit {
  readonly #profile: string;
  readonly #processes: ChildProcess[];
  readonly #driverUrl: string;
  #driver: WebDriver | undefined;

  private constructor(profile: string, processes: ChildProcess[], driverUrl: string) {
    this.#profile = profile;
    this.#processes = processes;
    this.#driverUrl = driverUrl;
  }

  /**
   * Starts a screen and the driver. The profile is new, and kept over restarts of the browser.
   *
   * @throws Error that says what to install.
   */
  static async launch(): Promise<WebKit> {
    const missing = Object.keys(PACKAGES).filter((name) => !PACKAGES[name]!());
    if (missing.length > 0) {
      throw new Error(`WebKitGTK's tests need more. Debian and Ubuntu: apt-get install ${missing.join(' ')}`);
    }
    const profile = await mkdtemp(join(tmpdir(), 'localllm-webkit-'));
    const screen = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const processes = [screen];
    try {
      return await WebKit.#start(profile, screen, processes);
    } catch (error) {
      await endAll(processes, profile);
      throw error;
    }
  }

  static async #start(profile: string, screen: ChildProcess, processes: ChildProcess[]): Promise<WebKit> {
    const display = await firstLine(screen.stdio[3] as Readable, 'Xvfb');
    // No sounds, no accessibility bus, no GPU: none of them is there.
    const env = {
      ...process.env,
      DISPLAY: `:${display}`,
      NO_AT_BRIDGE: '1',
      GDK_BACKEND: 'x11',
      LIBGL_ALWAYS_SOFTWARE: '1',
      WEBKIT_DISABLE_DMABUF_RENDERER: '1',
    };
    const port = await freePort();
    const driver = spawn('WebKitWebDriver', [`--port=${port}`], { env, stdio: 'ignore' });
    processes.unshift(driver);
    const webkit = new WebKit(profile, processes, `http://127.0.0.1:${port}`);
    await webkit.restart();
    return webkit;
  }

  get driver(): WebDriver {
    if (!this.#driver) throw new Error('The browser is closed.');
    return this.#driver;
  }

  /** Ends the browser and starts it on the same profile. */
  async restart(): Promise<void> {
    await this.#quit();
    const options = { binary: PYTHON, args: [join(import.meta.dirname, 'browser.py'), this.#profile, NAME] };
    const capabilities = new Capabilities({ browserName: NAME, 'webkitgtk:browserOptions': options });
    const build = () => new Builder().usingServer(this.#driverUrl).withCapabilities(capabilities).build();
    // The driver takes a moment until it listens.
    this.#driver = await until(build, 'WebKitWebDriver started no browser');
    await this.#driver.manage().setTimeouts({ script: 60_000 });
  }

  async close(): Promise<void> {
    try {
      await this.#quit();
    } finally {
      await endAll(this.#processes, this.#profile);
    }
  }

  /** All text that a person sees. */
  text(): Promise<string> {
    return this.driver.executeScript('return document.body.innerText');
  }

  /** Runs the body of an async function in the page; `arguments` are its own. */
  evaluate<T>(body: string, ...args: unknown[]): Promise<T> {
    const script = `const [args, done] = [[...arguments].slice(0, -1), [...arguments].at(-1)];
      (async (...given) => { ${body} })(...args).then((value) => done({ value }), (error) => done({ error: String(error) }))`;
    return this.driver.executeAsyncScript<{ value: T; error?: string }>(script, ...args).then(({ value, error }) => {
      if (error !== undefined) throw new Error(error);
      return value;
    });
  }

  async #quit(): Promise<void> {
    const driver = this.#driver;
    this.#driver = undefined;
    await driver?.quit();
  }
}

async function endAll(processes: readonly ChildProcess[], profile: string): Promise<void> {
  for (const process of processes) {
    process.kill();
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
  }
  await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** Asks again until it is true, or does not throw. */
export async function until<T>(ask: () => Promise<T>, otherwise: string, ms = 20_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    let failure: unknown;
    try {
      const value = await ask();
      if (value) return value;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end) throw new Error(otherwise, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function firstLine(stream: Readable, program: string): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error(`${program} ended before it was ready.`);
}

async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
