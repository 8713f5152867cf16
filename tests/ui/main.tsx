/**
 * Shows one view with a pretended engine: `?view=popup&state=ready`, `&error=no-webgpu`, `&delay=5`.
 *
 * @module
 */
import { render } from 'preact';
import type { ComponentChild } from 'preact';
import type { ErrorCode } from '../../engine/protocol/errors.ts';
import type { EngineStatus } from '../../engine/protocol/messages.ts';
import { App } from '../../pwa/app/app.tsx';
import { Installer } from '../../pwa/app/installer.ts';
import { Updates } from '../../pwa/app/updates.ts';
import { createHistory } from '../../pwa/ui/history/history.ts';
import { MIGRATIONS } from '../../pwa/ui/history/migrations.ts';
import { renderBlocks } from '../../pwa/ui/markdown/render.ts';
import { PermissionView } from '../../pwa/ui/permission/permission-view.tsx';
import { PopupApp } from '../../pwa/ui/popup-app.tsx';
import { createServices } from '../../pwa/ui/services.ts';
import { OptionsApp } from '../../pwa/ui/shell/options-app.tsx';
import type { SiteGrant } from '../../pwa/ui/sites/sites-view.tsx';
import { fakeConnect } from './fake-connect.ts';
import type { FakeEngine } from './fake-connect.ts';

const DAY_MS = 86_400_000;
const query = new URLSearchParams(location.search);
const fake: FakeEngine = {
  state: (query.get('state') ?? 'ready') as EngineStatus['state'],
  delayMs: Number(query.get('delay') ?? 2),
};
if (query.has('error')) fake.error = query.get('error') as ErrorCode;
if (query.has('answer')) fake.answer = query.get('answer')!;
const services = createServices(fakeConnect(fake));

const grants: SiteGrant[] = query.has('nosites')
  ? []
  : [
      {
        origin: 'https://notes.example.org',
        decision: 'always',
        createdMs: Date.now() - 3 * DAY_MS,
        lastUsedMs: Date.now() - 9e5,
      },
      {
        origin: 'https://a-very-long-name-of-a-site-that-goes-on-and-on.example.com:8443',
        decision: 'once',
        createdMs: Date.now(),
      },
      { origin: 'https://xn--80ak6aa92e.com', decision: 'never', createdMs: Date.now() - 40 * DAY_MS },
    ];
const sites = {
  list: async () => [...grants],
  revoke: async (origin: string) =>
    void grants.splice(
      grants.findIndex((grant) => grant.origin === origin),
      1,
    ),
  onChange: () => () => {},
};

const updates = new Updates(services.session);
const decisions: string[] = [];
const views: Record<string, { css: () => Promise<unknown>; draw: () => ComponentChild }> = {
  popup: {
    css: () => import('../../pwa/ui/theme/popup.css'),
    draw: () => <PopupApp services={services} onOpenSettings={() => {}} />,
  },
  pwa: {
    css: () => import('../../pwa/ui/theme/app.css'),
    draw: () => <App services={services} installer={new Installer()} updates={updates} version="0.1.0" />,
  },
  options: {
    css: () => import('../../pwa/ui/theme/options.css'),
    draw: () => <OptionsApp services={services} sites={sites} version="0.1.0" />,
  },
  permission: {
    css: () => import('../../pwa/ui/theme/permission.css'),
    draw: () => (
      <PermissionView
        ask={async () => ({ origin: query.get('origin') ?? 'https://notes.example.org' })}
        answer={async (decision) => void decisions.push(decision)}
        close={() => {}}
      />
    ),
  },
};

/** What the tests reach into. */
const pretended = { updates, services, decisions, createHistory, renderBlocks, MIGRATIONS };
type Testing = typeof pretended;
declare global {
  var testing: Testing;
}
globalThis.testing = pretended;

const view = views[query.get('view') ?? 'popup']!;
await view.css();
render(view.draw(), document.getElementById('app')!);
