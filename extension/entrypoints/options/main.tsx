import { render } from 'preact';
import { createServices } from '../../../pwa/ui/services.ts';
import { OptionsApp } from '../../../pwa/ui/shell/options-app.tsx';
import { connectToBackground } from '../../bridge/port.ts';
import { activity, sites } from '../../permissions/client.ts';

const services = createServices(connectToBackground());
const { version } = chrome.runtime.getManifest();
render(
  <OptionsApp services={services} sites={sites} activity={activity} version={version} />,
  document.getElementById('app')!,
);
