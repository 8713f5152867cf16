import { useEffect, useState } from 'preact/hooks';
import type { Client, ModelInfo, StorageEstimate } from '../../../engine/client/index.ts';
import { formatBytes } from '../format.ts';
import { Keeps } from '../install/keeps.tsx';

interface StorageBarProps {
  client: Client;
  models: readonly ModelInfo[];
  /** The browser never removes files by itself here. */
  kept: boolean;
}

/** What models take of the room that the browser gives, and whether it keeps them. */
export function StorageBar({ client, models, kept }: StorageBarProps) {
  const [estimate, setEstimate] = useState<StorageEstimate>();
  // Without figures there is nothing to show.
  const read = () => client.storageEstimate().then(setEstimate, () => setEstimate(undefined));
  const changed = models.map(({ id, state }) => `${id} ${state}`).join();
  useEffect(() => void read(), [client, changed]);
  const { quota = 0 } = estimate ?? {};
  if (!estimate || quota === 0) return null;
  // Between two estimates, what arrives is counted here.
  const used = models.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const others = Math.max(0, (estimate.usage ?? 0) - estimate.models);
  const free = Math.max(0, quota - used - others);
  const text = `${formatBytes(used)} by models · ${formatBytes(free)} free`;
  const width = (bytes: number) => `${Math.min(100, (bytes / quota) * 100)}%`;
  return (
    <div class="storage">
      <div class="progress-label">
        <span>Storage</span>
        <span class="figures">{text}</span>
      </div>
      <div
        class="progress-track shares"
        role="meter"
        aria-label="Storage"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.min(100, Math.floor(((used + others) / quota) * 100))}
        aria-valuetext={text}
      >
        <div class="progress-bar" style={{ width: width(used) }} />
        <div class="progress-bar others" style={{ width: width(others) }} />
      </div>
      {kept ? <p class="faint small">The browser keeps these files until you delete them.</p> : <Keeps />}
    </div>
  );
}
