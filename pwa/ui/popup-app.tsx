import { useEffect } from 'preact/hooks';
import { ChatView } from './chat/chat-view.tsx';
import { PrivateNote } from './chat/private-note.tsx';
import { Icon, Mark } from './icons.tsx';
import type { Services } from './services.ts';

interface PopupAppProps {
  services: Services;
  /** Opens the settings, at a view. */
  onOpenSettings: (view?: 'models') => void;
  /** Where the browser has a side panel. In the turn of the click. */
  onOpenPanel?: (() => void) | undefined;
}

/** The chat in the extension's popup. */
export function PopupApp({ services, onOpenSettings, onOpenPanel }: PopupAppProps) {
  useEffect(() => {
    void services.session.restore();
    const leave = () => services.session.interrupt();
    addEventListener('pagehide', leave);
    const stop = services.monitor.start();
    return () => {
      removeEventListener('pagehide', leave);
      stop();
    };
  }, [services]);
  return (
    <main class="chat-app">
      <ChatView
        services={services}
        onOpenModels={() => onOpenSettings('models')}
        beforeComposer={<PrivateNote services={services} place="popup" />}
        brand={
          <h1 class="brand">
            <Mark size={24} />
            <span class="brand-name">localLLM</span>
          </h1>
        }
        extra={
          <>
            {onOpenPanel && (
              <button
                type="button"
                class="quiet icon-only"
                aria-label="Open in side panel"
                title="Open in side panel"
                onClick={onOpenPanel}
              >
                <Icon name="panel" />
              </button>
            )}
            <button
              type="button"
              class="quiet icon-only"
              aria-label="Settings"
              title="Settings"
              onClick={() => onOpenSettings()}
            >
              <Icon name="settings" />
            </button>
          </>
        }
      />
    </main>
  );
}
