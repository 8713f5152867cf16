import type { ModelInfo } from '../../../engine/client/index.ts';
import { formatBytes } from '../format.ts';
import { type Filter, languagesOf, licensesOf, SIZE_LIMITS } from './filters.ts';

interface FiltersProps {
  models: readonly ModelInfo[];
  filter: Filter;
  onChange: (filter: Filter) => void;
}

/** By what the catalogue is narrowed down. */
export function Filters({ models, filter, onChange }: FiltersProps) {
  return (
    <div class="filters" role="group" aria-label="Filter the catalogue">
      <input
        type="search"
        aria-label="Search the catalogue"
        placeholder="Search"
        autoComplete="off"
        value={filter.text}
        onInput={({ currentTarget }) => onChange({ ...filter, text: currentTarget.value.trimStart() })}
      />
      <Select
        label="Download size"
        value={String(filter.maxBytes)}
        options={[
          ['Infinity', 'Any size'],
          ...SIZE_LIMITS.map((bytes): [string, string] => [String(bytes), `Up to ${formatBytes(bytes)}`]),
        ]}
        onChange={(value) => onChange({ ...filter, maxBytes: Number(value) })}
      />
      <Select
        label="Language"
        value={filter.language}
        options={[['', 'Any language'], ...languagesOf(models).map(({ code, name }): [string, string] => [code, name])]}
        onChange={(language) => onChange({ ...filter, language })}
      />
      <Select
        label="Licence"
        value={filter.license}
        options={[['', 'Any licence'], ...licensesOf(models).map((name): [string, string] => [name, name])]}
        onChange={(license) => onChange({ ...filter, license })}
      />
      {models.some(({ fit }) => fit !== undefined && fit.verdict !== 'unknown') && (
        <label class="check">
          <input
            type="checkbox"
            checked={filter.fits}
            onChange={({ currentTarget }) => onChange({ ...filter, fits: currentTarget.checked })}
          />
          Only what fits this device
        </label>
      )}
    </div>
  );
}

interface SelectProps {
  label: string;
  value: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange: (value: string) => void;
}

function Select({ label, value, options, onChange }: SelectProps) {
  return (
    <select aria-label={label} value={value} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
      {options.map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}
