import { useId } from 'preact/hooks';

interface SegmentsProps<T> {
  label: string;
  hint?: string | undefined;
  /** One that is none of the options leaves all of them off. */
  value: T;
  options: readonly (readonly [value: T, text: string])[];
  onChange: (value: T) => void;
}

/** One of a few, side by side. */
export function Segments<T>({ label, hint, value, options, onChange }: SegmentsProps<T>) {
  const id = useId();
  return (
    <fieldset class="field segment-field" aria-describedby={hint === undefined ? undefined : `${id}-hint`}>
      <legend>{label}</legend>
      <div class="segments">
        {options.map(([option, text]) => (
          <label key={text}>
            <input type="radio" name={id} checked={option === value} onChange={() => onChange(option)} />
            {text}
          </label>
        ))}
      </div>
      {hint !== undefined && (
        <p id={`${id}-hint`} class="faint small">
          {hint}
        </p>
      )}
    </fieldset>
  );
}
