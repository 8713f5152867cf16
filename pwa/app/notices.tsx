import type { EngineMonitor } from '../ui/engine/monitor.ts';
import { Icon } from '../ui/icons.tsx';
import { useObservable } from '../ui/observable.ts';
import { useOnline } from '../ui/online.ts';
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
