import { render } from 'preact';
import { PopupApp } from '../../../pwa/ui/popup-app.tsx';
import { createServices } from '../../../pwa/ui/services.ts';
import { connectToBackground } from '../../bridge/port.ts';
import { openSettings } from '../../bridge/settings-page.ts';
import { hasSidePanel, openSidePanel } from '../../bridge/side-panel.ts';

// Known beforehand: the panel opens in the very turn of the click, or not at all.
let windowId: number | undefined;
void chrome.windows.getCurrent().then(({ id }) => (windowId = id));

function openPanel(): void {
  if (windowId !== undefined) void openSidePanel(windowId).then(() => window.close());
}

const services = createServices(connectToBackground());
render(
  <PopupApp services={services} onOpenSettings={openSettings} onOpenPanel={hasSidePanel() ? openPanel : undefined} />,
  document.getElementById('app')!,
);
