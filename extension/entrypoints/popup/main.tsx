import { render } from 'preact';
import { PopupApp } from '../../../pwa/ui/popup-app.tsx';
import { createServices } from '../../../pwa/ui/services.ts';
import { connectToBackground } from '../../bridge/port.ts';

function openSettings(view?: 'models'): void {
  if (view === undefined) void chrome.runtime.openOptionsPage();
  else window.open(chrome.runtime.getURL(`options.html#${view}`));
}

const services = createServices(connectToBackground());
render(<PopupApp services={services} onOpenSettings={openSettings} />, document.getElementById('app')!);
