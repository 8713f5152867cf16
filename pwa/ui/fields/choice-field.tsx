import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface ChoiceFieldProps<T> {
  label: string;
  hint?: ComponentChildren;
  value: T;
  options: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
}

/** One of a list that is too long to be seen at once. A value that the list does not have stands first in it. */
export function ChoiceField<T extends string | number | undefined>(props: ChoiceFieldProps<T>) {
  const { label, hint, value, options, onChange } = props;
  const id = useId();
  const known = options.some(([option]) => option === value);
  const all = known ? options : ([[value, String(value)], ...options] as const);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={String(value)}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        onChange={({ currentTarget }) => {
          const chosen = all[currentTarget.selectedIndex];
          if (chosen) onChange(chosen[0]);
        }}
      >
        {all.map(([option, text]) => (
          <option key={String(option)} value={String(option)} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="faint small">
          {hint}
        </p>
      )}
    </div>
  );
}
