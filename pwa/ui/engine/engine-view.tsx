import type { ComponentChildren } from 'preact';
import { formatBytes } from '../format.ts';
import { useObservable } from '../observable.ts';
import type { Services } from '../services.ts';
import { Notice } from './notice.tsx';
import { ModelProgress } from './progress.tsx';
import type { Remedy } from './remedies.ts';
import { StatusChip } from './status-chip.tsx';

interface EngineViewProps {
  services: Services;
  remedy: Remedy;
}

/** What the engine is doing, on what, and the way out when it is stuck. */
export function EngineView({ services: { client, monitor }, remedy }: EngineViewProps) {
  const state = useObservable(monitor);
  const { status, disconnected } = state;
  const error = disconnected ?? (status?.state === 'failed' ? status.error : undefined);
  const busy = ['downloading', 'loading', 'profiling'].includes(status?.state ?? '');
  return (
    <>
      {error && <Notice error={error} remedy={remedy} level={3} />}
      <ModelProgress status={status} client={client} />
      {status?.state === 'ready' && status.notice && <p class="hint">{status.notice}</p>}
      <dl class="facts">
        <Fact name="State">
          <StatusChip state={state} />
        </Fact>
        <Fact name="Model">{status?.model?.name}</Fact>
        <Fact name="GPU">{status?.adapter}</Fact>
        <Fact name="Context">
          {status?.model &&
            status.model.contextTokens > 0 &&
            `${status.model.contextTokens.toLocaleString('en')} tokens`}
        </Fact>
        <Fact name="GPU memory">{status?.gpuBytes !== undefined && formatBytes(status.gpuBytes)}</Fact>
        <Fact name="Requests">{status && `${status.running} running, ${status.waiting} waiting`}</Fact>
      </dl>
      <div class="actions">
        <button type="button" disabled={busy} onClick={() => void monitor.restart()}>
          Restart
        </button>
        <button
          type="button"
          class="quiet"
          disabled={status?.state !== 'ready'}
          onClick={() => void client.unload().catch(() => {})}
        >
          Free GPU memory
        </button>
      </div>
      <p class="faint">Restarting stops answers that are being written. The next question loads the model again.</p>
    </>
  );
}

function Fact({ name, children }: { name: string; children?: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children || '–'}</dd>
    </div>
  );
}
