import type { ModelInfo } from '../../../engine/client/index.ts';
import { formatBytes, formatSpeed } from '../format.ts';
import { languagesText } from './filters.ts';

/** What is known of a model: what it is good for, what it reads, where it is from. */
export function Facts({ model }: { model: ModelInfo }) {
  const { catalog, from, parts, fit, kind, architecture, speed } = model;
  const context = model.trainedContextTokens ?? catalog?.contextTokens;
  return (
    <>
      {catalog && <p>{catalog.why}</p>}
      <FactList
        rows={[
          ['Made for', catalog?.strengths.join(', ')],
          ['Languages', catalog && languagesText(catalog.languages)],
          ['Size', catalog && `${catalog.parameters} parameters`],
          ['Context', context === undefined ? undefined : `made for ${context.toLocaleString('en')} tokens`],
          ['Good to know', catalog?.template],
          ['Architecture', kind === 'adapter' ? undefined : architecture],
          ['Memory', memoryText(fit)],
          ['Speed', speed && `writes ${formatSpeed(speed.decode)}, reads ${formatSpeed(speed.prefill)} on this device`],
          ['Files', parts !== undefined && parts > 1 ? String(parts) : undefined],
          ['From', catalog || from !== undefined ? undefined : 'A file of this device'],
        ]}
        from={from}
      />
    </>
  );
}

/** '1.2 GB on the GPU' */
export function memoryText(fit: ModelInfo['fit']): string | undefined {
  if (!fit) return undefined;
  const context = fit.contextTokens > 0 ? ` with ${fit.contextTokens.toLocaleString('en')} tokens` : '';
  return `${fit.basis === 'size' ? 'about ' : ''}${formatBytes(fit.gpuBytes)} on the GPU${context}`;
}

interface FactListProps {
  rows: readonly (readonly [name: string, value: string | undefined])[];
  /** The address that it comes from. */
  from?: string | undefined;
}

export function FactList({ rows, from }: FactListProps) {
  return (
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
  );
}
