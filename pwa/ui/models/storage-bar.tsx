import { useEffect, useState } from 'preact/hooks';
import { formatBytes, formatPercent } from '../format.ts';

interface Storage {
  usage: number;
  quota: number;
  persisted: boolean;
}

/** How much of what the browser allows is used. Read again when `changed` is another value. */
export function StorageBar({ changed, kept }: { changed: unknown; kept: boolean }) {
  const [storage, setStorage] = useState<Storage>();
  const read = async () => {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    setStorage({ usage, quota, persisted: await navigator.storage.persisted() });
  };
  // Without figures there is nothing to show.
  useEffect(() => void read().catch(() => setStorage(undefined)), [changed]);
  if (!storage || storage.quota === 0) return null;
  const { usage, quota, persisted } = storage;
  const text = `${formatBytes(usage)} of ${formatBytes(quota)}`;
  const protect = () => void navigator.storage.persist().then(read);
  return (
    <div class="storage">
      <div class="progress-label">
        <span>Storage used</span>
        <span class="figures">{text}</span>
      </div>
      <div
        class="progress-track"
        role="meter"
        aria-label="Storage used"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor((usage / quota) * 100)}
        aria-valuetext={`${text}, ${formatPercent(usage / quota)}`}
      >
        <div class="progress-bar" style={{ width: `${(usage / quota) * 100}%` }} />
      </div>
      {kept || persisted ? (
        <p class="faint">The browser keeps these files until you delete them.</p>
      ) : (
        <p class="faint">
          When the disk is nearly full, the browser may remove these files.{' '}
          <button type="button" class="link" onClick={protect}>
            Ask it to keep them
          </button>
        </p>
      )}
    </div>
  );
}
