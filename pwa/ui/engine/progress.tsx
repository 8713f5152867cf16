import { useEffect, useState } from 'preact/hooks';
import type { Client } from '../../../engine/client/index.ts';
import type { EngineStatus } from '../../../engine/protocol/messages.ts';
import { formatBytes, formatPercent } from '../format.ts';

interface ProgressBarProps {
  label: string;
  /** 0…1; undefined while it is not known. */
  fraction?: number | undefined;
  detail?: string | undefined;
}

export function ProgressBar({ label, fraction, detail }: ProgressBarProps) {
  const percent = fraction === undefined ? undefined : Math.floor(fraction * 100);
  const value = fraction === undefined ? undefined : formatPercent(fraction);
  return (
    <div class="progress">
      <div class="progress-label">
        <span>{label}</span>
        <span class="figures">{[detail, value].filter(Boolean).join(' · ')}</span>
      </div>
      <div
        class={`progress-track${percent === undefined ? ' indefinite' : ''}`}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={[value, detail].filter(Boolean).join(', ') || undefined}
      >
        <div class="progress-bar" style={{ width: `${percent ?? 30}%` }} />
      </div>
    </div>
  );
}

/** The download or load under way; nothing otherwise. */
export function ModelProgress({ status, client }: { status: EngineStatus | undefined; client: Client }) {
  const id = status?.model?.id;
  const bytes = useModelBytes(client, status?.state === 'downloading' ? id : undefined);
  if (status?.state !== 'downloading' && status?.state !== 'loading') return null;
  const name = status.model?.name ?? 'the model';
  const { progress } = status;
  const detail =
    status.state === 'downloading' && bytes !== undefined && progress !== undefined
      ? `${formatBytes(progress * bytes)} of ${formatBytes(bytes)}`
      : undefined;
  const label = status.state === 'downloading' ? `Downloading ${name}` : `Loading ${name}`;
  return (
    <>
      <ProgressBar label={label} fraction={progress} detail={detail} />
      {status.notice && <p class="hint">{status.notice}</p>}
    </>
  );
}

/** The size of a model, asked for once. */
function useModelBytes(client: Client, id: string | undefined): number | undefined {
  const [bytes, setBytes] = useState<number>();
  useEffect(() => {
    if (id === undefined) return;
    let wanted = true;
    client.models().then(
      (models) => wanted && setBytes(models.find((model) => model.id === id)?.bytes),
      () => {}, // the bar does without
    );
    return () => void (wanted = false);
  }, [client, id]);
  return bytes;
}
