/**
 * The numbers by which tokens are drawn: what they are called, how far they go, and sets of them that have a name.
 *
 * @module
 */
import { SAMPLING_DEFAULTS, type SamplingDefaults } from '../../../engine/client/index.ts';

export type SamplingKey = keyof typeof SAMPLING_DEFAULTS;
/** Numbers that are set: what is not has no property. */
export type Sampling = Partial<Record<SamplingKey, number>>;

interface SamplingField {
  key: SamplingKey;
  label: string;
  /** What more and less of it do, in one line. */
  hint: string;
  min: number;
  max: number;
  step: number;
  /** The slider goes no further: what is beyond it is typed. */
  sliderMax: number;
}

export const SAMPLING_FIELDS: readonly SamplingField[] = [
  {
    key: 'temperature',
    label: 'Temperature',
    hint: 'How freely words are chosen; 0 always takes the most likely.',
    min: 0,
    max: 100,
    step: 0.05,
    sliderMax: 2,
  },
  {
    key: 'topP',
    label: 'Top-p',
    hint: 'Only the likeliest words that together have this share.',
    min: 0,
    max: 1,
    step: 0.01,
    sliderMax: 1,
  },
  {
    key: 'topK',
    label: 'Top-k',
    hint: 'Only this many of the likeliest words; 0 is all of them.',
    min: 0,
    max: 1 << 20,
    step: 1,
    sliderMax: 128,
  },
  {
    key: 'minP',
    label: 'Min-p',
    hint: 'No word that is less likely than this share of the likeliest.',
    min: 0,
    max: 1,
    step: 0.01,
    sliderMax: 0.5,
  },
  {
    key: 'repetitionPenalty',
    label: 'Repetition penalty',
    hint: 'Above 1, words that were said already become less likely.',
    min: 0.01,
    max: 100,
    step: 0.01,
    sliderMax: 2,
  },
];

interface Preset {
  name: string;
  sampling: Sampling;
}

/** Each says all that it is about, so that one after another leaves nothing behind. */
export const PRESETS: readonly Preset[] = [
  { name: 'Precise', sampling: { temperature: 0.2, topP: 0.9, topK: 40, minP: 0.05 } },
  { name: 'Balanced', sampling: { temperature: 0.7, topP: 0.95, topK: 40, minP: 0.05 } },
  { name: 'Creative', sampling: { temperature: 1.1, topP: 0.98, topK: 100, minP: 0.03 } },
];

/** The name of the set that these numbers are; undefined where they are somebody's own. */
export function presetOf(sampling: SamplingDefaults): string | undefined {
  return PRESETS.find((preset) => sameSampling(preset.sampling, sampling))?.name;
}

export function sameSampling(a: SamplingDefaults, b: SamplingDefaults): boolean {
  return SAMPLING_FIELDS.every(({ key }) => a[key] === b[key]);
}

/** What holds where these numbers say nothing: the model's own, then the engine's. */
export function samplingBelow(...layers: readonly (SamplingDefaults | undefined)[]): Required<Sampling> {
  const below: Required<Sampling> = { ...SAMPLING_DEFAULTS };
  for (const layer of layers) {
    for (const { key } of SAMPLING_FIELDS) below[key] = layer?.[key] ?? below[key];
  }
  return below;
}

/** With one of them set, or left to what is below. */
export function withSampling(sampling: SamplingDefaults, key: SamplingKey, value: number | undefined): Sampling {
  const set: Sampling = {};
  for (const { key: other } of SAMPLING_FIELDS) {
    const kept = other === key ? value : sampling[other];
    if (kept !== undefined) set[other] = kept;
  }
  return set;
}
