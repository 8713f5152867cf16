/**
 * The service worker: keeps the app's shell for offline use. Weights pass it by; the engine keeps them in OPFS.
 *
 * @module
 */
import { clientsClaim } from 'workbox-core';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import type { PrecacheEntry } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

/** The build writes the list of the shell's files in the place of this name. */
declare const self: ServiceWorkerGlobalScope & { precacheManifest: (string | PrecacheEntry)[] };

precacheAndRoute(self.precacheManifest);
cleanupOutdatedCaches();
registerRoute(new NavigationRoute(createHandlerBoundToURL('index.html')));

// The first visit is served by it too; a later version waits until the person agrees.
clientsClaim();
self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if ((data as { type?: unknown } | null)?.type === 'SKIP_WAITING') void self.skipWaiting();
});
