/**
 * WebGPU in Node: Dawn, from the npm package `webgpu`, on a GPU or on a software adapter.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { LocalLLMError } from '../protocol/errors.ts';
import { isSoftware } from './gpu.ts';

/** Vulkan driver descriptions of software adapters, in the order in which they are tried where there is no GPU. */
const SOFTWARE_DRIVERS = [
  '/usr/lib/chromium/vk_swiftshader_icd.json',
  '/usr/lib/chromium-browser/vk_swiftshader_icd.json',
  '/opt/google/chrome/vk_swiftshader_icd.json',
  '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json',
];

/** SwiftShader in the Chromium that Playwright installed for itself. */
function playwrightDrivers(): string[] {
  const folder = process.env['PLAYWRIGHT_BROWSERS_PATH'] ?? join(homedir(), '.cache', 'ms-playwright');
  if (!existsSync(folder)) return [];
  const browsers = readdirSync(folder).filter((name) => name.startsWith('chromium-'));
  return browsers.flatMap((name) =>
    ['chrome-linux', 'chrome-linux64'].map((inner) => join(folder, name, inner, 'vk_swiftshader_icd.json')),
  );
}

/** Dawn's toggles for subgroup matrices; it holds f16 back from older drivers of NVIDIA's. */
const TOGGLES = ['allow_unsafe_apis', 'vulkan_enable_f16_on_nvidia'];

/** Dawn heeds only one list of a kind. */
function withToggles(features: readonly string[]): string[] {
  const enable = 'enable-dawn-features=';
  const [mine, others] = [true, false].map((is) => features.filter((f) => f.startsWith(enable) === is));
  return [...others!, `${enable}${[...TOGGLES, ...mine!.map((f) => f.slice(enable.length))].join(',')}`];
}

let asksRarely = false;

/**
 * While something is waited for, Dawn asks for it by `setImmediate` whenever the loop turns, on a processor that a software adapter
 * computes with: from now on once a millisecond. A real GPU's steps are too short for that.
 */
function askRarely(): void {
  if (asksRarely) return;
  asksRarely = true;
  const { setImmediate: immediately, setTimeout: later } = globalThis;
  const patient = (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
    isDawns(callback) ? later(callback, 1) : immediately(callback, ...args);
  // `promisify` finds its own form among the properties.
  globalThis.setImmediate = Object.assign(patient, immediately);
}

/** Dawn's callbacks are native, without a name and a parameter; a promise's `resolve` has one. */
const isDawns = (callback: () => void): boolean =>
  callback.name === '' && callback.length === 0 && Function.prototype.toString.call(callback).includes('[native code]');

/** Keeps every instance alive: an adapter whose instance was collected crashes the process. */
const instances: GPU[] = [];

/**
 * Dawn with an adapter: a real GPU, else the software adapter that comes with Chromium.
 * `VK_ICD_FILENAMES` or `VK_DRIVER_FILES`, when set, choose the driver.
 * On a software adapter `globalThis.setImmediate` becomes one that lets Dawn wait, and is for everybody else as it was.
 * @param features Dawn's toggles, beside those that the kernels want: `enable-dawn-features=…`
 * @throws LocalLLMError not-supported without the package, no-adapter
 */
export async function openDawn(features: readonly string[] = []): Promise<GPU> {
  const { create, globals } = await import('webgpu').catch((cause: unknown) => {
    throw new LocalLLMError('not-supported', 'WebGPU in Node comes from the package "webgpu": npm install webgpu', {
      cause,
    });
  });
  Object.assign(globalThis, globals);
  const open = async (): Promise<GPU | undefined> => {
    const gpu = create([...(process.platform === 'linux' ? ['backend=vulkan'] : []), ...withToggles(features)]);
    instances.push(gpu);
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (adapter && isSoftware(adapter.info)) askRarely();
    return adapter ? gpu : undefined;
  };
  const found = await open();
  if (found) return found;
  for (const driver of [...SOFTWARE_DRIVERS, ...playwrightDrivers()].filter((file) => existsSync(file))) {
    process.env['VK_ICD_FILENAMES'] = driver;
    const software = await open();
    if (software) return software;
  }
  throw new LocalLLMError(
    'no-adapter',
    'No WebGPU adapter: neither a GPU nor a software one. Install Chromium (Debian: apt-get install chromium), ' +
      'which brings SwiftShader, or set VK_ICD_FILENAMES to a Vulkan driver description.',
  );
}
