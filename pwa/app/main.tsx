/**
 * The web app's entry.
 *
 * @module
 */
import { render } from 'preact';
import { version } from '../../package.json';
import { createServices } from '../ui/services.ts';
import { connectToWorker } from '../worker/connect.ts';
import { App } from './app.tsx';
import { Installer } from './installer.ts';
import { Updates } from './updates.ts';
import { followViewport } from './viewport.ts';

const services = createServices(connectToWorker());
// The browser offers installation before the first view is drawn.
const installer = new Installer();
const updates = new Updates(services.session);

followViewport();
render(
  <App services={services} installer={installer} updates={updates} version={version} />,
  document.getElementById('app')!,
);
if (import.meta.env.PROD) void updates.start();
