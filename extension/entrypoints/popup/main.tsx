import { render } from 'preact';
import { PopupApp } from '../../../pwa/ui/popup-app.tsx';
import { createServices } from '../../../pwa/ui/services.ts';
import { connectToBackground } from '../../bridge/port.ts';
import { openSettings } from '../../bridge/settings-page.ts';
import { hasSidePanel, openSidePanel } from '../../bridge/side-panel.ts';

async function open(): Promise<void> {
  // Known beforehand: the panel opens in the very turn of the click, or not at all.
  const { id, incognito } = await chrome.windows.getCurrent();
  const services = createServices(connectToBackground(), { fleeting: incognito });
  const openPanel = () => void openSidePanel(id!).then(() => window.close());
  render(
    <PopupApp services={services} onOpenSettings={openSettings} onOpenPanel={hasSidePanel() ? openPanel : undefined} />,
    document.getElementById('app')!,
  );
}

void open();
