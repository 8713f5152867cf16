import { useState } from 'preact/hooks';
import { formatBytes } from '../format.ts';
import type { Choice } from './filters.ts';

interface GetModelProps {
  label: string;
  /** What there is to choose from; empty: one file only. */
  choices: readonly Choice[];
  /** Taken where nobody chose. */
  preferred?: string | undefined;
  busy: boolean;
  /** Id of the model's name. */
  describedBy: string;
  onGet: (quantization: string | undefined) => void;
}

/** The button that downloads a model, with the choice of its size where there is one. */
export function GetModel({ label, choices, preferred, busy, describedBy, onGet }: GetModelProps) {
  const [chosen, setChosen] = useState<string>();
  const value = chosen ?? preferred ?? choices[0]?.quantization;
  return (
    <div class="get-model">
      {choices.length > 1 && (
        <select
          aria-label="Size"
          aria-describedby={describedBy}
          value={value}
          onChange={({ currentTarget }) => setChosen(currentTarget.value)}
        >
          {choices.map(({ quantization, bytes }) => (
            <option key={quantization} value={quantization}>
              {formatBytes(bytes)} · {quantization}
            </option>
          ))}
        </select>
      )}
      <button
        type="button"
        class="small"
        disabled={busy}
        aria-describedby={describedBy}
        onClick={() => onGet(choices.length > 0 ? value : undefined)}
      >
        {busy ? 'Looking…' : label}
      </button>
    </div>
  );
}
