import { render } from 'preact';
import { PanelApp } from '../../../pwa/ui/panel/panel-app.tsx';
import { createServices } from '../../../pwa/ui/services.ts';
import { connectToBackground } from '../../bridge/port.ts';
import { openSettings } from '../../bridge/settings-page.ts';
import { createPageReader } from './page-reader.ts';

/** The window whose tabs this stands beside: its own, or that which it was opened for where it has a window to itself. */
async function windowBeside(): Promise<chrome.windows.Window> {
  const opener = Number(new URLSearchParams(location.search).get('window'));
  const beside = opener > 0 && (await chrome.windows.get(opener).catch(() => undefined)); // it may be closed by now
  return beside || chrome.windows.getCurrent();
}

async function open(): Promise<void> {
  const { id, incognito } = await windowBeside();
  // What was read of a page and never sent is kept nowhere.
  const services = createServices(connectToBackground(), { fleeting: incognito, keepsAttachments: false });
  render(
    <PanelApp services={services} pages={createPageReader(id!)} onOpenSettings={openSettings} />,
    document.getElementById('app')!,
  );
}

void open();
