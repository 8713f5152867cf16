/**
 * Shows one view with a pretended engine: `?view=popup&state=ready`, `&error=no-webgpu`, `&delay=5`.
 *
 * @module
 */
import { render } from 'preact';
import type { ComponentChild } from 'preact';
import { useEffect } from 'preact/hooks';
import type { ErrorCode } from '../../engine/protocol/errors.ts';
import type { EngineStatus } from '../../engine/protocol/messages.ts';
import { Activity } from '../../extension/permissions/activity.ts';
import { App } from '../../pwa/app/app.tsx';
import { Installer } from '../../pwa/app/installer.ts';
import { Updates } from '../../pwa/app/updates.ts';
import { createHistory } from '../../pwa/ui/history/history.ts';
import { MIGRATIONS } from '../../pwa/ui/history/migrations.ts';
import { renderBlocks } from '../../pwa/ui/markdown/render.ts';
import { PanelApp } from '../../pwa/ui/panel/panel-app.tsx';
import type { PageReading, PageSource } from '../../pwa/ui/panel/page-source.ts';
import { PermissionView } from '../../pwa/ui/permission/permission-view.tsx';
import { PopupApp } from '../../pwa/ui/popup-app.tsx';
import { createServices } from '../../pwa/ui/services.ts';
import { OptionsApp } from '../../pwa/ui/shell/options-app.tsx';
import { fakeConnect } from './fake-connect.ts';
import type { FakeEngine } from './fake-connect.ts';
import type { FakeModels } from './fake-models.ts';
import { fakeActivity, fakeSites } from './fake-sites.ts';

const query = new URLSearchParams(location.search);
const fake: FakeEngine = {
  state: (query.get('state') ?? 'ready') as EngineStatus['state'],
  delayMs: Number(query.get('delay') ?? 2),
};
if (query.has('error')) fake.error = query.get('error') as ErrorCode;
if (query.has('answer')) fake.answer = query.get('answer')!;
if (query.has('models')) fake.models = query.get('models')!;
let models!: FakeModels;
fake.onModels = (made) => (models = made);
const services = createServices(fakeConnect(fake), { fleeting: query.has('private') });

/** What was done with the sites. */
const calls: string[] = [];
const sites = fakeSites(query.has('nosites'), calls);
const activity = fakeActivity(query.has('nosites'));

/** A page whose text can be had, and a selection that the browser keeps to itself. */
const pageText: PageReading = {
  attachment: { name: 'Boats (boats.example.org)', text: 'All about boats.' },
  cut: true,
};
const refused: PageReading = {
  message: 'The browser lets nothing of this page be read until it is asked to.',
  allow: { site: 'boats.example.org', read: async () => pageText },
};
const pages: PageSource = {
  read: async (part) => (part === 'page' ? pageText : refused),
  take: async () => [],
  watch: () => () => {},
};

const updates = new Updates(services.session);
const decisions: string[] = [];
const views: Record<string, { css: () => Promise<unknown>; draw: () => ComponentChild }> = {
  popup: {
    css: () => import('../../pwa/ui/theme/popup.css'),
    draw: () => <PopupApp services={services} onOpenSettings={() => {}} />,
  },
  panel: {
    css: () => import('../../pwa/ui/theme/panel.css'),
    draw: () => <PanelApp services={services} pages={pages} onOpenSettings={() => {}} />,
  },
  pwa: {
    css: () => import('../../pwa/ui/theme/app.css'),
    draw: () => <App services={services} installer={new Installer()} updates={updates} version="0.1.0" />,
  },
  options: {
    css: () => import('../../pwa/ui/theme/options.css'),
    draw: () => <OptionsApp services={services} sites={sites} activity={activity} version="0.1.0" />,
  },
  permission: {
    css: () => import('../../pwa/ui/theme/permission.css'),
    draw: () => (
      <PermissionView
        ask={async () => ({
          origin: query.get('origin') ?? 'https://notes.example.org',
          ...(query.has('top') && { top: query.get('top')! }),
          ...(query.has('private') && { private: true }),
        })}
        answer={async (decision) => void decisions.push(decision)}
        close={() => {}}
        icon={sites.icon!}
      />
    ),
  },
};

/** What the tests reach into. */
const pretended = { updates, services, models, decisions, calls, createHistory, Activity, renderBlocks, MIGRATIONS };
type Testing = typeof pretended;
declare global {
  var testing: Testing;
}
/** Lets the tests begin once the view listens. */
function Shown({ children }: { children: ComponentChild }) {
  useEffect(() => void (globalThis.testing = pretended), []);
  return <>{children}</>;
}

const view = views[query.get('view') ?? 'popup']!;
await view.css();
render(<Shown>{view.draw()}</Shown>, document.getElementById('app')!);
