import { useEffect, useMemo } from 'preact/hooks';
import { ChatView } from '../chat/chat-view.tsx';
import { PrivateNote } from '../chat/private-note.tsx';
import { Icon } from '../icons.tsx';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import { PageDesk } from './page-desk.ts';
import type { PageSource } from './page-source.ts';
import { PageTools } from './page-tools.tsx';

interface PanelAppProps {
  services: Services;
  pages: PageSource;
  /** Opens the settings, at a view. */
  onOpenSettings: (view?: 'models') => void;
}

/** The chat in the browser's side panel, beside the tabs. */
export function PanelApp({ services, pages, onOpenSettings }: PanelAppProps) {
  const desk = useMemo(() => new PageDesk({ ...services, pages }), [services, pages]);
  const { draftAttachments } = useObservable(services.session);
  const attached = draftAttachments.length > 0;
  useEffect(() => {
    if (!attached) desk.forget();
  }, [attached, desk]);
  useEffect(() => {
    void desk.open();
    const leave = () => services.session.interrupt();
    addEventListener('pagehide', leave);
    const stops = [services.monitor.start(), desk.follow()];
    return () => {
      removeEventListener('pagehide', leave);
      stops.forEach((stop) => stop());
    };
  }, [services, desk]);
  return (
    <main class="chat-app">
      <ChatView
        services={services}
        onOpenModels={() => onOpenSettings('models')}
        // The browser shows the name above the panel.
        brand={<h1 class="visually-hidden">localLLM</h1>}
        extra={
          <button
            type="button"
            class="quiet icon-only"
            aria-label="Settings"
            title="Settings"
            onClick={() => onOpenSettings()}
          >
            <Icon name="settings" />
          </button>
        }
        beforeComposer={
          <>
            <PrivateNote services={services} place="panel" />
            <PageTools desk={desk} />
          </>
        }
      />
    </main>
  );
}
