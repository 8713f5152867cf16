/**
 * The web app's entry.
 *
 * @module
 */
import { render } from 'preact';
import { version } from '../../package.json';
import { isIos } from '../ui/engine/browsers.ts';
import { isInstalled } from '../ui/install/installed.ts';
import { createServices } from '../ui/services.ts';
import { connectToEngine } from '../worker/connect.ts';
import { App } from './app.tsx';
import { Installer } from './installer.ts';
import { Lifecycle } from './lifecycle.ts';
import { guardLoads } from './load-guard.ts';
import { askToKeep } from './persistence.ts';
import { Updates } from './updates.ts';
import { followViewport } from './viewport.ts';

const releasesWhenHidden = isIos(navigator.userAgent, navigator.maxTouchPoints);
const services = createServices(connectToEngine(version, releasesWhenHidden));
// The browser offers installation before the first view is drawn.
const installer = new Installer();
const updates = new Updates(services.session);

const { client, monitor, session } = services;
guardLoads({ window, document, monitor, storage: localStorage });
new Lifecycle({ window, document, session, client, monitor, releasesWhenHidden }).start();
askToKeep({ storage: navigator.storage, session, window, installed: isInstalled() });

followViewport();
render(
  <App services={services} installer={installer} updates={updates} version={version} />,
  document.getElementById('app')!,
);
if (import.meta.env.PROD) void updates.start();
