import { useId } from 'preact/hooks';

interface SwitchProps {
  label: string;
  hint?: string;
  on: boolean;
  disabled?: boolean;
  onChange: (on: boolean) => void;
}

/** On or off, at once. */
export function Switch({ label, hint, on, disabled = false, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div class="switch">
      <input
        id={id}
        type="checkbox"
        role="switch"
        checked={on}
        disabled={disabled}
        aria-describedby={hint && `${id}-hint`}
        onChange={({ currentTarget }) => {
          onChange(currentTarget.checked);
          currentTarget.checked = on; // until it is so
        }}
      />
      <div>
        <label for={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} class="faint small">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
