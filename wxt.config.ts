import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'wxt';
import manifest from './package.json' with { type: 'json' };

const NEW_WORKER = /new Worker\(\s*new URL\('(\.[^']+)', import\.meta\.url\)/;

/** The engine's worker starts others of its own; WXT writes over `import.meta.url` before Vite looks for it there. */
function workersOfWorkers() {
  return {
    name: 'workers-of-workers',
    enforce: 'pre' as const,
    transform(code: string) {
      const [call, path] = NEW_WORKER.exec(code) ?? [];
      if (call === undefined) return null;
      return `import workerUrl from '${path}?worker&url';\n${code.replace(call, 'new Worker(workerUrl')}`;
    },
  };
}

export default defineConfig({
  srcDir: 'extension',
  publicDir: 'extension/public',
  outDir: '.output',
  manifestVersion: 3,
  imports: false,
  manifest: {
    name: 'localLLM',
    description: manifest.description,
    version: manifest.version,
    // WebGPU in the worker of an offscreen document.
    minimum_chrome_version: '124',
    // One copy of the weights for all windows; what belongs to private ones is kept apart in memory.
    incognito: 'spanning',
    // favicon: icons that the browser has, for the question; scripting: `LanguageModel` on sites where the person switches it on,
    // each of which the browser asks about, and a page's text when the person asks about it: activeTab is that page, until it is left.
    permissions: [
      'activeTab',
      'contextMenus',
      'favicon',
      'offscreen',
      'scripting',
      'sidePanel',
      'storage',
      'unlimitedStorage',
    ],
    commands: {
      _execute_action: { suggested_key: { default: 'Alt+Shift+L' } },
      'open-side-panel': { suggested_key: { default: 'Alt+Shift+K' }, description: 'Open the side panel' },
      'ask-about-this': {
        suggested_key: { default: 'Alt+Shift+A' },
        description: 'Ask about the selection or the page',
      },
    },
    // One pattern for both schemes: Chromium lets nothing be given back that the content scripts' patterns match by themselves.
    optional_host_permissions: ['*://*/*'],
    content_security_policy: {
      extension_pages:
        "default-src 'self'; connect-src 'self' https:; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    },
    cross_origin_embedder_policy: { value: 'require-corp' },
    cross_origin_opener_policy: { value: 'same-origin' },
  },
  hooks: {
    // The embedded model travels in the package, beside the scripts, at the catalogue's own relative URL.
    'build:done': async ({ config }) => {
      const models = join(config.outDir, 'models');
      await mkdir(models, { recursive: true });
      await copyFile(join(config.root, 'models/pocket/pocket-q4_0.gguf'), join(models, 'pocket-q4_0.gguf'));
    },
  },
  vite: () => ({
    build: { target: 'chrome124' },
    worker: { format: 'es', plugins: () => [workersOfWorkers()] },
  }),
});
