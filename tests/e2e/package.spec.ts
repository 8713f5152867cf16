import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadCatalog } from '../../engine/store/catalog.ts';
import { EXTENSION_DIR } from '../chromium.ts';
import { expect, test } from './fixtures.ts';

const PWA_DIR = join(import.meta.dirname, '../../pwa/dist');
const KB = 1000;

async function gzipBytes(files: string[]): Promise<number> {
  let total = 0;
  for (const file of files) total += gzipSync(await readFile(join(EXTENSION_DIR, file))).length;
  return total;
}

test('the scripts that every page gets stay under 20 kB', async () => {
  expect(await gzipBytes(['content-scripts/content.js', 'content-scripts/provider.js'])).toBeLessThan(20 * KB);
});

test('the popup stays under 150 kB', async () => {
  const html = await readFile(join(EXTENSION_DIR, 'popup.html'), 'utf8');
  const files = [...html.matchAll(/(?:src|href)="\/?([^"]+\.(?:js|css))"/g)].map(([, file]) => file!);
  expect(files.length).toBeGreaterThan(0);
  expect(await gzipBytes(['popup.html', ...files])).toBeLessThan(150 * KB);
});

test('the extension carries the embedded model of the catalogue', async () => {
  const [entry] = loadCatalog();
  if (entry?.kind !== 'embedded') throw new Error('the first entry of the catalogue is the embedded model');
  const bytes = await readFile(join(EXTENSION_DIR, entry.url));
  expect(bytes.length).toBe(entry.bytes);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(entry.sha256);
});

test('the manifest asks for no more than it needs', async () => {
  const manifest = JSON.parse(await readFile(join(EXTENSION_DIR, 'manifest.json'), 'utf8'));
  const kept = ['offscreen', 'scripting', 'storage', 'unlimitedStorage'];
  // Of pages: the one that the person asks from, while it is shown.
  const permissions = ['activeTab', 'contextMenus', 'favicon', 'sidePanel', ...kept];
  expect(manifest.permissions.toSorted()).toEqual(permissions.toSorted());
  // Asked about site by site, where the person switches `LanguageModel` on, or wants to attach pages without asking from them.
  expect(manifest.optional_host_permissions).toEqual(['*://*/*']);
  expect(manifest.host_permissions ?? []).toEqual([]);
  expect(manifest.web_accessible_resources ?? []).toEqual([]);
});

test('the service worker of the web app precaches no weights', async () => {
  const worker = await readFile(join(PWA_DIR, 'sw.js'), 'utf8');
  expect(worker).toContain('index.html');
  expect(worker).not.toContain('.gguf');
});
