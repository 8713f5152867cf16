import { Icon } from '../icons.tsx';

interface VersionsProps {
  /** Which one is shown, from 0, and how many there are. */
  position: number;
  count: number;
  /** While an answer is written, everything stays where it is. */
  disabled: boolean;
  onShow: (position: number, button: HTMLElement) => void;
}

/** Goes through the versions of a message. */
export function VersionSwitch({ position, count, disabled, onShow }: VersionsProps) {
  if (count < 2) return null;
  const step = (name: string, to: number, icon: 'before' | 'after') => {
    const possible = !disabled && to >= 0 && to < count;
    return (
      <button
        type="button"
        class="quiet small icon-only"
        aria-label={name}
        title={name}
        // Not disabled: the focus would be lost at either end.
        aria-disabled={!possible}
        onClick={({ currentTarget }) => possible && onShow(to, currentTarget)}
      >
        <Icon name={icon} />
      </button>
    );
  };
  return (
    <span class="versions" role="group" aria-label="Versions">
      {step('Previous version', position - 1, 'before')}
      <span class="figures">
        {position + 1} of {count}
      </span>
      {step('Next version', position + 1, 'after')}
    </span>
  );
}
