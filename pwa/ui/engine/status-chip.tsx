import type { MonitorState } from './monitor.ts';

/** The engine's state in two words. */
export function StatusChip({ state }: { state: MonitorState }) {
  const { tone, text } = summaryOf(state);
  return (
    <span class={`chip ${tone}`} role="status">
      <span class="dot" aria-hidden="true" />
      <span class="chip-text">{text}</span>
    </span>
  );
}

export function summaryOf({ status, disconnected }: MonitorState): {
  tone: 'good' | 'busy' | 'bad' | 'idle';
  text: string;
} {
  if (disconnected) return { tone: 'bad', text: 'Reconnecting' };
  switch (status?.state) {
    case undefined:
      return { tone: 'idle', text: 'Connecting' };
    case 'idle':
      return { tone: 'idle', text: 'Not loaded' };
    case 'downloading':
      return { tone: 'busy', text: 'Downloading' };
    case 'loading':
      return { tone: 'busy', text: 'Loading' };
    case 'ready':
      return { tone: 'good', text: `${status.model?.name ?? 'Model'} · ready` };
    case 'profiling':
      return { tone: 'busy', text: 'Profiling' };
    case 'failed':
      return { tone: 'bad', text: 'Needs attention' };
  }
}
