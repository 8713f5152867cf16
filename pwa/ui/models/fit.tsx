import type { ModelInfo } from '../../../engine/client/index.ts';

const TAGS = {
  fits: { tone: 'good', text: 'Fits this device' },
  unknown: undefined,
  tight: { tone: 'warn', text: 'Tight here' },
  'wont-fit': { tone: 'bad', text: 'Too large here' },
} as const;

interface FitProps {
  fit: ModelInfo['fit'] | undefined;
  /** Also where it fits. */
  told?: boolean;
}

/** Where a model barely fits this device, or does not: said beside its name. */
export function FitTag({ fit, told = false }: FitProps) {
  const tag = fit && (told || fit.verdict !== 'fits') && TAGS[fit.verdict];
  return tag ? <span class={`tag ${tag.tone}`}>{tag.text}</span> : null;
}

/** Why it barely fits, or does not. */
export function FitReasons({ fit, told = false }: FitProps) {
  if (!fit || fit.reasons.length === 0 || (fit.verdict === 'unknown' && !told)) return null;
  return <p class="small fit-reasons">{fit.reasons.join(' ')}</p>;
}
