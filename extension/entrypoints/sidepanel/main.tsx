import { render } from 'preact';
import { PanelApp } from '../../../pwa/ui/panel/panel-app.tsx';
import { createServices } from '../../../pwa/ui/services.ts';
import { connectToBackground } from '../../bridge/port.ts';
import { openSettings } from '../../bridge/settings-page.ts';
import { createPageReader } from './page-reader.ts';

/** The window whose tabs this stands beside: its own, or that which it was opened for where it has a window to itself. */
async function windowBeside(): Promise<number> {
  const opener = Number(new URLSearchParams(location.search).get('window'));
  return opener > 0 ? opener : (await chrome.windows.getCurrent()).id!;
}

const services = createServices(connectToBackground());
render(
  <PanelApp services={services} pages={createPageReader(windowBeside())} onOpenSettings={openSettings} />,
  document.getElementById('app')!,
);
