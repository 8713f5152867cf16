import type { ModelInfo } from '../../../engine/client/index.ts';
import { formatBytes } from '../format.ts';
import { languagesText } from './filters.ts';

/** What is known of a model: what it is good for, what it reads, where it is from. */
export function Facts({ model: { catalog, from, parts, fit } }: { model: ModelInfo }) {
  const rows: [string, string | undefined][] = [
    ['Made for', catalog?.strengths.join(', ')],
    ['Languages', catalog && languagesText(catalog.languages)],
    ['Size', catalog && `${catalog.parameters} parameters`],
    ['Context', catalog && `${catalog.contextTokens.toLocaleString('en')} tokens`],
    ['Good to know', catalog?.template],
    ['Memory', fit && `${fit.basis === 'size' ? 'about ' : ''}${formatBytes(fit.gpuBytes)} on the GPU`],
    ['Files', parts !== undefined && parts > 1 ? String(parts) : undefined],
    ['From', catalog || from !== undefined ? undefined : 'A file of this device'],
  ];
  return (
    <>
      {catalog && <p>{catalog.why}</p>}
      <dl class="model-facts">
        {rows.map(
          ([name, value]) =>
            value && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
        {from !== undefined && (
          <div>
            <dt>From</dt>
            <dd>
              <a href={from} target="_blank" rel="noopener noreferrer">
                {from.replace(/^https:\/\//, '')}
              </a>
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}
