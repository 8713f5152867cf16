import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icons.tsx';

const SHOWN_MS = 1_500;

interface CopyButtonProps {
  text: string;
  label: string;
  /** Shows its icon alone. */
  compact?: boolean;
}

/** Copies a text and says so for a moment. */
export function CopyButton({ text, label, compact = false }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'copied' | 'refused'>();
  useEffect(() => {
    const timer = setTimeout(() => setOutcome(undefined), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome('copied'),
      () => setOutcome('refused'),
    );
  const said = outcome === undefined ? label : outcome === 'copied' ? 'Copied' : 'Copying was refused';
  return (
    <button
      type="button"
      class={`quiet small${compact ? ' icon-only' : ''}`}
      onClick={() => void copy()}
      title={compact ? said : label}
    >
      <Icon name={outcome === 'copied' ? 'check' : 'copy'} />
      <span aria-live="polite" class={compact ? 'visually-hidden' : undefined}>
        {said}
      </span>
    </button>
  );
}
