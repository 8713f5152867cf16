import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineConfig } from 'vite';
import type { Plugin } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';
import { SPLASH_SIZES, splashFile } from './icons/splash-sizes.ts';

const MODEL = 'pocket-q4_0.gguf';
const MODEL_FILE = join(import.meta.dirname, '../models/pocket', MODEL);

/** Nothing but this app's own files runs; the network is only for model files. */
const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; " +
  "manifest-src 'self'; connect-src 'self' https:; base-uri 'self'; form-action 'none'";

/** Taken by tests/screenshots.ts. */
const SCREENSHOT = { type: 'image/png' } as const;

/** iOS's splash images, and in a build the content security policy: the dev server needs inline scripts. */
function head(): Plugin {
  let building = false;
  return {
    name: 'localllm-head',
    configResolved: ({ command }) => void (building = command === 'build'),
    transformIndexHtml: () => [
      ...SPLASH_SIZES.map((screen) => ({
        tag: 'link',
        injectTo: 'head' as const,
        attrs: {
          rel: 'apple-touch-startup-image',
          href: `./${splashFile(screen)}`,
          media:
            `(device-width: ${screen.width}px) and (device-height: ${screen.height}px) and ` +
            `(-webkit-device-pixel-ratio: ${screen.ratio}) and (orientation: portrait)`,
        },
      })),
      ...(building
        ? [
            {
              tag: 'meta',
              attrs: { 'http-equiv': 'Content-Security-Policy', content: CSP },
              injectTo: 'head-prepend' as const,
            },
          ]
        : []),
    ],
  };
}

/** The embedded model at the catalogue's relative URL, so that the built folder can be hosted as it is. */
function embeddedModel(): Plugin {
  return {
    name: 'localllm-embedded-model',
    configureServer(server) {
      server.middlewares.use(`/models/${MODEL}`, (_request, response) => {
        createReadStream(MODEL_FILE).pipe(response);
      });
    },
    async generateBundle() {
      if (this.environment.name !== 'client') return;
      this.emitFile({ type: 'asset', fileName: `models/${MODEL}`, source: await readFile(MODEL_FILE) });
    },
  };
}

export default defineConfig({
  root: import.meta.dirname,
  // Works under any path.
  base: './',
  build: { target: ['chrome113', 'safari26', 'firefox141'], outDir: 'dist', emptyOutDir: true },
  worker: { format: 'es' },
  plugins: [
    head(),
    embeddedModel(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: '.',
      filename: 'sw.ts',
      injectRegister: false,
      injectManifest: {
        injectionPoint: 'self.precacheManifest',
        globPatterns: ['**/*.{html,js,css,svg,png,webmanifest}'],
        globIgnores: ['splash/**', 'screenshots/**', 'models/**', 'sw.js'],
        maximumFileSizeToCacheInBytes: 8 * 1024 * 1024,
      },
      manifest: {
        id: 'localllm',
        name: 'localLLM',
        short_name: 'localLLM',
        description: 'A language model that runs on this device, in the browser. Works offline.',
        lang: 'en',
        start_url: './',
        scope: './',
        display: 'standalone',
        theme_color: '#0e6a5e',
        background_color: '#0b1f1c',
        categories: ['productivity', 'utilities'],
        icons: [
          { src: 'icons/icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: 'icons/icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: 'icons/maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
        screenshots: [
          {
            ...SCREENSHOT,
            src: 'screenshots/phone.png',
            sizes: '786x1704',
            form_factor: 'narrow',
            label: 'A chat on a phone',
          },
          {
            ...SCREENSHOT,
            src: 'screenshots/wide.png',
            sizes: '1280x800',
            form_factor: 'wide',
            label: 'A chat beside the list of chats',
          },
        ],
        shortcuts: [
          { name: 'Chat', url: './#/chat' },
          { name: 'Models', url: './#/models' },
        ],
      },
    }),
  ],
});
