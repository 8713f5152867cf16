import type { SamplingDefaults } from '../../../engine/client/index.ts';
import { NumberField } from './number-field.tsx';
import { PRESETS, presetOf, type Sampling, SAMPLING_FIELDS, sameSampling, withSampling } from './sampling.ts';
import { Segments } from './segments.tsx';

interface SamplingFieldsProps {
  /** What is set; the rest is as `below` has it. */
  value: SamplingDefaults;
  below: Required<Sampling>;
  /** What the set without any number is called. */
  ownName: string;
  onChange: (sampling: Sampling) => void;
}

/** How tokens are drawn: a set with a name, or number by number. */
export function SamplingFields({ value, below, ownName, onChange }: SamplingFieldsProps) {
  const chosen = sameSampling(value, {}) ? '' : presetOf(value);
  return (
    <>
      <Segments
        label="How answers are worded"
        value={chosen}
        options={[['', ownName], ...PRESETS.map(({ name }) => [name, name] as const)]}
        onChange={(name) => onChange(PRESETS.find((preset) => preset.name === name)?.sampling ?? {})}
      />
      <details class="numbers">
        <summary>Number by number {chosen === undefined && <span class="tag">Your own</span>}</summary>
        <div class="number-fields">
          {SAMPLING_FIELDS.map(({ key, ...field }) => (
            <NumberField
              key={key}
              {...field}
              value={value[key]}
              fallback={below[key]}
              onChange={(number) => onChange(withSampling(value, key, number))}
            />
          ))}
        </div>
      </details>
    </>
  );
}
