import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { AboutView } from '../ui/about-view.tsx';
import { AwayShortcuts } from '../ui/away-shortcuts.tsx';
import { ChatView } from '../ui/chat/chat-view.tsx';
import { EngineView } from '../ui/engine/engine-view.tsx';
import { createRemedy } from '../ui/engine/remedies.ts';
import { Icon, Mark } from '../ui/icons.tsx';
import type { IconName } from '../ui/icons.tsx';
import { LabView } from '../ui/lab/lab-view.tsx';
import { ModelsView } from '../ui/models/models-view.tsx';
import type { Services } from '../ui/services.ts';
import { InstallButton, InstallOffer } from './install.tsx';
import type { Installer } from './installer.ts';
import { Keeping } from './keeping.tsx';
import { OfflineStrip, UpdateToast } from './notices.tsx';
import type { Updates } from './updates.ts';

interface AppProps {
  services: Services;
  installer: Installer;
  updates: Updates;
  version: string;
}

/** Those of the side bar, and those that another view leads to. */
const VIEWS = ['chat', 'models', 'engine'] as const;
const INNER_VIEWS = ['lab'] as const;
type View = (typeof VIEWS)[number] | (typeof INNER_VIEWS)[number];
const NAMES: Record<View, string> = { chat: 'Chat', models: 'Models', engine: 'Engine', lab: 'Profiler' };
const ICONS: Record<(typeof VIEWS)[number], IconName> = { chat: 'chat', models: 'models', engine: 'engine' };

export function App({ services, installer, updates, version }: AppProps) {
  const view = useView();
  useServices(services);
  return (
    <div class="shell">
      <nav class="side" aria-label="Views">
        <h1 class="brand">
          <Mark size={28} />
          localLLM
        </h1>
        <ul>
          {VIEWS.map((name) => (
            <li key={name}>
              <a href={`#/${name}`} aria-current={currentOf(name, view)}>
                <Icon name={ICONS[name]} />
                {NAMES[name]}
              </a>
            </li>
          ))}
        </ul>
        <div class="side-foot">
          <InstallButton installer={installer} />
        </div>
      </nav>
      <main class="view">
        <OfflineStrip monitor={services.monitor} />
        <InstallOffer installer={installer} />
        {view === 'chat' ? (
          <ChatView
            services={services}
            onOpenModels={() => (location.hash = '#/models')}
            brand={
              <span class="phone-only">
                <Mark size={26} />
              </span>
            }
            extra={
              <span class="phone-only">
                <InstallButton installer={installer} compact />
              </span>
            }
          />
        ) : (
          <Page key={view} title={NAMES[view]}>
            <AwayShortcuts
              session={services.session}
              onChat={() => (location.hash = '#/chat')}
              onModels={() => (location.hash = '#/models')}
            />
            {view === 'models' && <ModelsView services={services} />}
            {view === 'engine' && <EnginePage services={services} installer={installer} version={version} />}
            {view === 'lab' && <LabPage services={services} />}
          </Page>
        )}
      </main>
      <UpdateToast updates={updates} />
    </div>
  );
}

/** A view with a title, which takes the focus when the view opens. */
function Page({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div class="page">
      <section aria-labelledby="view-title">
        <h2 id="view-title" ref={heading} tabIndex={-1}>
          {title}
        </h2>
        {children}
      </section>
    </div>
  );
}

function EnginePage({ services, installer, version }: Omit<AppProps, 'updates'>) {
  const remedy = useMemo(() => createRemedy(services, () => (location.hash = '#/models')), [services]);
  return (
    <>
      <EngineView services={services} remedy={remedy} />
      <p>
        <a href="#/lab">Profile this GPU</a> <span class="faint">shows where the time of each token goes.</span>
      </p>
      <Keeping installer={installer} />
      <AboutView version={version} />
    </>
  );
}

function LabPage({ services }: { services: Services }) {
  const remedy = useMemo(() => createRemedy(services, () => (location.hash = '#/models')), [services]);
  return <LabView services={services} remedy={remedy} />;
}

/** The profiler belongs to the engine's view, which leads to it. */
function currentOf(name: View, view: View): 'page' | 'true' | undefined {
  if (name === view) return 'page';
  return name === 'engine' && view === 'lab' ? 'true' : undefined;
}

/** The view that the address names: '#/models'. */
function useView(): View {
  const read = (): View => [...VIEWS, ...INNER_VIEWS].find((name) => location.hash === `#/${name}`) ?? 'chat';
  const [view, setView] = useState(read);
  useEffect(() => {
    const update = () => setView(read());
    update(); // it may have changed since it was drawn
    addEventListener('hashchange', update);
    return () => removeEventListener('hashchange', update);
  }, []);
  return view;
}

/** Reads the last chat back and follows the engine. */
function useServices({ session, monitor }: Services): void {
  useEffect(() => {
    void session.restore();
    return monitor.start();
  }, [session, monitor]);
}
