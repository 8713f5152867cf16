import { useId, useState } from 'preact/hooks';
import type { ModelInfo } from '../../../engine/client/index.ts';
import { formatBytes } from '../format.ts';
import { Facts } from './facts.tsx';
import { FitReasons, FitTag } from './fit.tsx';
import { choicesOf, EVERYTHING, isHere, languagesText, licenseName, offered } from './filters.ts';
import { Filters } from './filter-bar.tsx';
import { GetModel } from './get-model.tsx';
import type { Attempts } from './use-attempts.ts';

interface CatalogueProps {
  models: readonly ModelInfo[];
  attempts: Attempts;
  onGet: (model: ModelInfo, quantization: string | undefined) => Promise<void>;
}

/** What can be had beside what is here. */
export function Catalogue({ models, attempts, onGet }: CatalogueProps) {
  const [filter, setFilter] = useState(EVERYTHING);
  const rest = models.filter((model) => !isHere(model));
  const list = offered(models, filter);
  if (rest.length === 0) return null;
  return (
    <section aria-labelledby="models-catalogue">
      <h3 id="models-catalogue">Catalogue</h3>
      <Filters models={rest} filter={filter} onChange={setFilter} />
      <p class="faint small" role="status">
        {list.length === rest.length ? `${rest.length} models, smallest first` : `${list.length} of ${rest.length}`}
      </p>
      {list.length === 0 && (
        <p class="card faint">
          <span>
            None is like that.{' '}
            <button type="button" class="link" onClick={() => setFilter(EVERYTHING)}>
              Show all
            </button>
          </span>
        </p>
      )}
      <ul class="cards offers">
        {list.map((model) => (
          <Offer
            key={model.id}
            model={model}
            problem={attempts.problems[model.id]?.message}
            busy={attempts.busy.has(model.id)}
            onGet={(quantization) => void onGet(model, quantization)}
          />
        ))}
      </ul>
    </section>
  );
}

interface OfferProps {
  model: ModelInfo;
  problem: string | undefined;
  busy: boolean;
  onGet: (quantization: string | undefined) => void;
}

function Offer({ model, problem, busy, onGet }: OfferProps) {
  const { name, license, bytes, quantization, catalog } = model;
  const title = useId();
  const choices = choicesOf(model);
  const size = choices.length > 1 ? undefined : formatBytes(bytes);
  const facts = [size, license && licenseName(license), catalog && languagesText(catalog.languages)];
  return (
    <li class="card offer" aria-labelledby={title}>
      <div class="offer-text">
        <div class="card-head">
          <h4 id={title}>{name}</h4>
          <FitTag fit={model.fit} />
        </div>
        {catalog && <p>{catalog.why}</p>}
        <p class="faint small">{facts.filter(Boolean).join(' · ')}</p>
        <FitReasons fit={model.fit} />
      </div>
      <GetModel
        label={problem === undefined ? 'Download' : 'Try again'}
        choices={choices}
        preferred={quantization}
        busy={busy}
        describedBy={title}
        onGet={onGet}
      />
      {problem !== undefined && (
        <p class="model-problem" role="alert">
          {problem}
        </p>
      )}
      <details>
        <summary aria-describedby={title}>More</summary>
        <Facts model={{ ...model, ...(catalog && { catalog: { ...catalog, why: '' } }) }} />
      </details>
    </li>
  );
}
