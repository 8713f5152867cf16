/**
 * What the pages of the benchmarks are served from: the page, the models, other engines' packages.
 *
 * @module
 */
import { createReadStream, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build, type InlineConfig, type Plugin, preview } from 'vite';

/** WebLLM asks for models where Hugging Face has them. */
export const WEBLLM_PATH = '/resolve/main/';

interface Served {
  /** Folders of other engines' packages. */
  wllama?: string | undefined;
  webllm?: { package: string; model: string } | undefined;
  /** What pages ask of this process, by a POST to /on/NAME. */
  on?: Record<string, () => Promise<void>>;
}

/** The page, the models at /model/0 and on, the other engines' packages under /packages. */
export async function serve(
  paths: readonly string[],
  { wllama, webllm, on = {} }: Served = {},
): Promise<{ url: string; close: () => Promise<void> }> {
  const files: Plugin = {
    name: 'bench-files',
    configurePreviewServer({ middlewares }) {
      paths.forEach((path, index) => {
        middlewares.use(`/model/${index}`, (request, response) => sendFile(path, request, response));
      });
      for (const [name, work] of Object.entries(on)) {
        middlewares.use(`/on/${name}`, (_, response) => {
          const answer = (status: number, text = '') => response.writeHead(status).end(text);
          work().then(
            () => answer(200),
            (error: unknown) => answer(500, String(error)),
          );
        });
      }
      const folder = (at: string, path: string | undefined) => {
        if (path === undefined) return;
        middlewares.use(at, (request, response) => {
          sendFile(join(resolve(path), new URL(request.url ?? '/', 'http://localhost').pathname), request, response);
        });
      };
      folder('/packages/wllama', wllama);
      folder('/packages/webllm', webllm?.package);
      folder(`/webllm-model${WEBLLM_PATH.slice(0, -1)}`, webllm?.model);
    },
  };
  const outDir = await mkdtemp(join(tmpdir(), 'localllm-bench-'));
  // Built, as the application is: threads start as fast as there.
  const page = {
    configFile: false,
    root: join(import.meta.dirname, 'browser'),
    logLevel: 'error',
    worker: { format: 'es' },
    build: { outDir, emptyOutDir: true, minify: false, target: 'es2024' },
  } satisfies InlineConfig;
  await build(page);
  const server = await preview({
    ...page,
    plugins: [files],
    preview: {
      port: 0,
      // Threads and exact clocks need a page that shares nothing with others.
      headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
    },
  });
  const { port } = server.httpServer.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: async () => {
      await server.close();
      await rm(outDir, { recursive: true });
    },
  };
}

const MEDIA_TYPES: Record<string, string> = { js: 'text/javascript', wasm: 'application/wasm' };

function sendFile(path: string, { headers, method }: IncomingMessage, response: ServerResponse): void {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats?.isFile()) return void response.writeHead(404).end();
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
  const start = Number(first ?? 0);
  const end = Math.min(Number(last ?? stats.size - 1), stats.size - 1);
  response.writeHead(first === undefined ? 200 : 206, {
    'content-length': end - start + 1,
    'content-type': MEDIA_TYPES[path.split('.').at(-1)!] ?? 'application/octet-stream',
    'cross-origin-resource-policy': 'same-origin',
    ...(first === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${stats.size}` }),
  });
  if (method === 'HEAD') response.end();
  else createReadStream(path, { start, end }).pipe(response);
}
