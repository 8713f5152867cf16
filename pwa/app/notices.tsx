import { useState } from 'preact/hooks';
import { Dialog } from '../ui/dialog.tsx';
import type { EngineMonitor } from '../ui/engine/monitor.ts';
import { Icon } from '../ui/icons.tsx';
import { useObservable } from '../ui/observable.ts';
import { useOnline } from '../ui/online.ts';
import type { Installer } from './installer.ts';
import type { Updates } from './updates.ts';

/** While there is no network: what that means here, which is usually nothing. */
export function OfflineStrip({ monitor }: { monitor: EngineMonitor }) {
  const { status } = useObservable(monitor);
  const online = useOnline();
  if (online) return null;
  const missing = status?.state === 'failed' && status.error?.code === 'network';
  return (
    <p class="strip" role="status">
      <Icon name="offline" />
      {missing ? 'Offline. Connect once to download the model.' : 'Offline. Everything here still works.'}
    </p>
  );
}

export function UpdateToast({ updates }: { updates: Updates }) {
  const state = useObservable(updates);
  if (state === 'none') return null;
  return (
    <div class="toast" role="status">
      {state === 'after-answer' ? (
        'Updating when this answer is complete.'
      ) : (
        <>
          A new version is ready.
          <button type="button" class="primary" disabled={state === 'reloading'} onClick={() => updates.apply()}>
            Update
          </button>
        </>
      )}
    </div>
  );
}

/** The install button, where the app is not installed and can be. */
export function InstallButton({ installer, compact }: { installer: Installer; compact?: boolean }) {
  const way = useObservable(installer);
  const [showSteps, setShowSteps] = useState(false);
  if (way === 'none') return null;
  const onClick = () => (way === 'ios' ? setShowSteps(true) : void installer.install());
  return (
    <>
      <button
        type="button"
        class={compact ? 'quiet icon-only' : undefined}
        aria-label="Install localLLM"
        title="Install localLLM"
        onClick={onClick}
      >
        <Icon name="install" />
        {!compact && 'Install'}
      </button>
      {showSteps && <IosSteps onClose={() => setShowSteps(false)} />}
    </>
  );
}

function IosSteps({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Add to the Home Screen" onClose={onClose}>
      <p>As an app, localLLM opens full screen and iOS keeps its model and chats.</p>
      <ol class="install-steps">
        <li>
          Tap <Icon name="share" /> <strong>Share</strong> in Safari’s bar.
        </li>
        <li>
          Choose <strong>Add to Home Screen</strong>, then <strong>Add</strong>.
        </li>
        <li>Open localLLM from the Home Screen once while online, so that it fetches its model.</li>
      </ol>
    </Dialog>
  );
}
