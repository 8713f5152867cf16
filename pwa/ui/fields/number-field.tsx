import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';

interface NumberFieldProps {
  label: string;
  hint?: string | undefined;
  /** Undefined: what is below holds. */
  value: number | undefined;
  /** What holds where nothing is set, shown in the empty field; a word where it is no number. */
  fallback: number | string;
  min: number;
  max: number;
  step: number;
  /** With a slider, which goes this far. */
  sliderMax?: number | undefined;
  sliderMin?: number | undefined;
  /** What the value counts: 'tokens'. */
  unit?: string | undefined;
  onChange: (value: number | undefined) => void;
}

/** A number that may be left to somebody else: an empty field. Only numbers within the bounds are handed on. */
export function NumberField(props: NumberFieldProps) {
  const { label, hint, value, fallback, min, max, step, unit, onChange } = props;
  const id = useId();
  const { input, problem, take, reset } = useTyped(props);
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ');
  return (
    <div class={`number-field${value === undefined ? ' unset' : ''}`}>
      <div class="number-head">
        <label for={id}>{label}</label>
        {value !== undefined && (
          <button type="button" class="link" aria-label={`Reset ${label}`} onClick={reset}>
            Reset
          </button>
        )}
        <input
          ref={input}
          id={id}
          type="number"
          inputMode={step % 1 === 0 ? 'numeric' : 'decimal'}
          autoComplete="off"
          min={min}
          max={max}
          step={step % 1 === 0 ? step : 'any'}
          placeholder={String(fallback)}
          aria-invalid={problem !== undefined}
          aria-describedby={described || undefined}
          onInput={({ currentTarget }) => take(currentTarget)}
        />
        {unit && <span class="faint small">{unit}</span>}
      </div>
      <Slider {...props} onChange={onChange} />
      {hint && (
        <p id={`${id}-hint`} class="faint small">
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} class="field-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

/** What is being typed stays as it is typed ('0.', '1e'), unless the number becomes another one elsewhere. */
function useTyped({ value, min, max, step, onChange }: NumberFieldProps) {
  const input = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string>();
  const show = (shown: number | undefined) => {
    setProblem(undefined);
    if (input.current) input.current.value = shown === undefined ? '' : String(shown);
  };
  useLayoutEffect(() => {
    const typed = input.current?.value === '' ? undefined : input.current?.valueAsNumber;
    if (typed !== value) show(value);
  }, [value]);
  const take = (field: HTMLInputElement) => {
    if (!field.validity.valid) {
      const what = step % 1 === 0 ? 'a whole number' : 'a number';
      return setProblem(`Enter ${what} from ${min.toLocaleString('en')} to ${max.toLocaleString('en')}.`);
    }
    setProblem(undefined);
    onChange(field.value === '' ? undefined : field.valueAsNumber);
  };
  const reset = () => {
    show(undefined); // also what was typed and not taken
    onChange(undefined);
    input.current?.focus();
  };
  return { input, problem, take, reset };
}

function Slider({ label, value, fallback, min, step, sliderMax, sliderMin = min, onChange }: NumberFieldProps) {
  if (sliderMax === undefined) return null;
  return (
    <input
      type="range"
      aria-label={label}
      aria-valuetext={value === undefined ? `${fallback}, not set` : undefined}
      min={sliderMin}
      max={sliderMax}
      step={step}
      value={value ?? (typeof fallback === 'number' ? fallback : sliderMin)}
      onInput={({ currentTarget }) => onChange(currentTarget.valueAsNumber)}
    />
  );
}
