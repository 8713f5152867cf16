import type { ModelOffer } from '../../../engine/client/index.ts';
import { ChoiceField } from '../fields/choice-field.tsx';
import { formatBytes } from '../format.ts';
import { FactList, memoryText } from './facts.tsx';
import { licenseName } from './filters.ts';
import { FitReasons, FitTag } from './fit.tsx';
import { pageOf, sizesOf } from './hub.ts';

interface OfferFactsProps {
  offer: ModelOffer;
  /** As a person named it. */
  source: string;
  /** It is not known yet whether this size fits. */
  busy: boolean;
  onSize: (quantization: string) => void;
}

/** What a link or a hit would bring, with the choice of its size where there is one. */
export function OfferFacts({ offer, source, busy, onSize }: OfferFactsProps) {
  const { license, kind, quantization, bytes, trainedContextTokens: context, fit } = offer;
  const sizes = sizesOf(offer);
  const text = (size: number | undefined, name: string | undefined) =>
    [size === undefined ? undefined : formatBytes(size), name].filter(Boolean).join(' · ');
  return (
    <>
      {kind === 'adapter' && <p>It attaches to a model, in that model’s settings. It cannot answer by itself.</p>}
      {sizes.length > 1 && (
        <ChoiceField
          label="Size"
          value={quantization}
          options={sizes.map((one) => [one.quantization, text(one.bytes, one.quantization)] as const)}
          onChange={(chosen) => chosen !== undefined && onSize(chosen)}
        />
      )}
      <div class="offer-fit" role="status" aria-busy={busy}>
        {busy ? <span class="tag">Looking whether it fits…</span> : <FitTag fit={fit} told />}
        {!busy && <FitReasons fit={fit} told />}
      </div>
      <FactList
        rows={[
          ['Kind', kind === 'adapter' ? 'LoRA adapter' : 'Language model'],
          ['Size', sizes.length > 1 ? undefined : text(bytes, quantization) || 'not told'],
          ['Licence', license ? licenseName(license) : 'not told'],
          ['Context', context === undefined ? undefined : `made for ${context.toLocaleString('en')} tokens`],
          ['Memory', memoryText(fit)],
        ]}
        from={pageOf(source)}
      />
    </>
  );
}
