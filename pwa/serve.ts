/**
 * `npm start`: serves the built PWA on this machine and says what to open.
 *
 * @module
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize, relative, sep } from 'node:path';
import { parseArgs } from 'node:util';

const MEDIA_TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.gguf': 'application/octet-stream',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
};

export interface Served {
  port: number;
  close: () => Promise<void>;
}

/**
 * Serves a folder to this machine only, with byte ranges.
 *
 * @throws where the port is taken.
 */
export async function serveFolder(root: string, port: number): Promise<Served> {
  const server = createServer((request, response) => {
    answer(request, response, root).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end(String(error));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, root: string): Promise<void> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  const file = fileAt(path.endsWith('/') ? `${path}index.html` : path, root);
  const bytes = file === undefined ? undefined : await sizeOf(file);
  if (file === undefined || bytes === undefined) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end(`Nothing at ${path}\n`);
    return;
  }
  const headers = {
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'content-type': MEDIA_TYPES[extname(file)] ?? 'application/octet-stream',
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const end = range?.[2] ? Math.min(Number(range[2]), bytes - 1) : bytes - 1;
  if (start > end && bytes > 0) {
    response.writeHead(416, { 'content-range': `bytes */${bytes}` }).end();
    return;
  }
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'content-length': end - start + 1,
    ...(range && { 'content-range': `bytes ${start}-${end}/${bytes}` }),
  });
  if (request.method === 'HEAD' || bytes === 0) response.end();
  else createReadStream(file, { start, end }).pipe(response);
}

/** The file a path names, undefined where it would leave the folder. */
function fileAt(path: string, root: string): string | undefined {
  const file = normalize(join(root, path));
  const inside = relative(root, file);
  return inside === '..' || inside.startsWith(`..${sep}`) ? undefined : file;
}

async function sizeOf(file: string): Promise<number | undefined> {
  const stats = await stat(file).catch(() => undefined);
  return stats?.isFile() ? stats.size : undefined;
}

/** The built PWA. */
export function servePwa(port: number): Promise<Served> {
  return serveFolder(join(import.meta.dirname, 'dist'), port);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '4173' } } });
  const { port } = await servePwa(Number(values.port)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    console.error(`Port ${values.port} is taken. Choose another: npm start -- --port 8080`);
    process.exit(1);
  });
  console.log(`
The web app:    http://localhost:${port}
The extension:  in Chromium, Chrome, Edge or Brave open chrome://extensions, switch on Developer mode,
                choose "Load unpacked" and pick the folder .output/chrome-mv3

Ctrl-C stops the server.`);
}
