import { useId } from 'preact/hooks';
import { formatCount } from './amounts.ts';
import { Switch } from './switch.tsx';
import type { SiteRecord, SiteSettings } from './sources.ts';

interface SiteLimitsProps {
  record: SiteRecord;
  /** Id of what names the site. */
  describedBy: string;
  configure: (settings: SiteSettings) => void;
}

const TOKENS = [10_000, 50_000, 200_000, 1_000_000, null];
const SECONDS = [60, 300, 900, 1800, null];
const ANSWERS = [1, 2, 4, 8, 16];

/** What a site may take, and whether it finds `LanguageModel`. */
export function SiteLimits({ record, describedBy, configure }: SiteLimitsProps) {
  const { site, decision, settings, budget } = record;
  const { languageModel, ...without } = settings;
  return (
    <details class="site-limits">
      <summary aria-describedby={describedBy}>Limits</summary>
      <div class="fields">
        <Choice
          label="Tokens in an hour"
          value={budget.tokensPerHour}
          options={TOKENS}
          text={(tokens) => (tokens === null ? 'No limit' : formatCount(tokens))}
          onChange={(tokensPerHour) => configure({ ...settings, tokensPerHour })}
        />
        <Choice
          label="Time in an hour"
          value={budget.secondsPerHour}
          options={SECONDS}
          text={(seconds) => (seconds === null ? 'No limit' : `${Math.round(seconds / 60)} min`)}
          onChange={(secondsPerHour) => configure({ ...settings, secondsPerHour })}
        />
        <Choice
          label="Answers at once"
          value={budget.maxOpen}
          options={ANSWERS}
          text={String}
          onChange={(maxOpen) => maxOpen !== null && configure({ ...settings, maxOpen })}
        />
      </div>
      {decision === 'always' && site.top === undefined && (
        <Switch
          label="Offer as LanguageModel"
          hint="Where the browser has none of its own, pages written for it find this one, from the next time they are loaded. Your browser may ask you."
          on={languageModel ?? false}
          onChange={(on) => configure(on ? { ...settings, languageModel: true } : without)}
        />
      )}
    </details>
  );
}

interface ChoiceProps {
  label: string;
  value: number | null;
  options: readonly (number | null)[];
  text: (value: number | null) => string;
  onChange: (value: number | null) => void;
}

/** A limit that is none of ours (an older version's) stands among them. */
function Choice({ label, value, options, text, onChange }: ChoiceProps) {
  const id = useId();
  const all = options.includes(value) ? options : [value, ...options];
  const selected = String(value);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select
        id={id}
        value={selected}
        onChange={({ currentTarget }) => {
          const chosen = all[currentTarget.selectedIndex];
          if (chosen !== undefined) onChange(chosen);
        }}
      >
        {all.map((option) => (
          <option key={String(option)} value={String(option)} selected={String(option) === selected}>
            {text(option)}
          </option>
        ))}
      </select>
    </div>
  );
}
