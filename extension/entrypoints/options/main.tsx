import { render } from 'preact';
import { createServices } from '../../../pwa/ui/services.ts';
import { OptionsApp } from '../../../pwa/ui/shell/options-app.tsx';
import { connectToBackground } from '../../bridge/port.ts';
import { listGrants, onGrantsChanged, revokeGrant } from '../../permissions/client.ts';

const services = createServices(connectToBackground());
const sites = { list: listGrants, revoke: revokeGrant, onChange: onGrantsChanged };
const { version } = chrome.runtime.getManifest();
render(<OptionsApp services={services} sites={sites} version={version} />, document.getElementById('app')!);
