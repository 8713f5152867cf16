import type { ModelInfo } from '../../../engine/client/index.ts';

const TAGS = {
  fits: undefined,
  unknown: undefined,
  tight: { tone: 'warn', text: 'Tight here' },
  'wont-fit': { tone: 'bad', text: 'Too large here' },
} as const;

/** Where a model barely fits this device, or does not: said beside its name. */
export function FitTag({ fit }: { fit: ModelInfo['fit'] | undefined }) {
  const tag = fit && TAGS[fit.verdict];
  return tag ? <span class={`tag ${tag.tone}`}>{tag.text}</span> : null;
}

/** Why it barely fits, or does not. */
export function FitReasons({ fit }: { fit: ModelInfo['fit'] | undefined }) {
  if (!fit || !TAGS[fit.verdict] || fit.reasons.length === 0) return null;
  return <p class="small fit-reasons">{fit.reasons.join(' ')}</p>;
}
