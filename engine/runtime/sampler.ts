/**
 * Draws a token from the logits as llama.cpp's default chain does: penalties and bias (on the GPU), top-k, top-p, min-p, temperature.
 *
 * The GPU draws by itself where top-k is at most its 128 best candidates (`shaders/sample/draw.wgsl`). Without top-k, or with a wider one,
 * it gives the candidates and the sums over the whole vocabulary; where these do not decide the draw (a flat distribution) all logits of
 * the row are read: the result is exact either way.
 *
 * @module
 */
import { LocalLLMError } from '../protocol/errors.ts';
import type { RowSampling } from '../../shaders/sample/sampling-rows.ts';
import type { GenerateParams } from '../protocol/messages.ts';
import { SAMPLING_DEFAULTS } from '../protocol/models.ts';
import { CANDIDATES } from '../../shaders/sample/top-k.kernel.ts';
import type { Candidates } from './results.ts';

/** Sampling parameters with every default filled in. */
export interface SamplingParams extends RowSampling {
  logitBias: ReadonlyMap<number, number>;
}

export const MAX_LOGIT_BIAS = 512;

/** A request's options over the model's own defaults over llama.cpp's. @throws LocalLLMError bad-argument */
export function samplingParams(options: GenerateParams, model: Partial<GenerateParams> = {}): SamplingParams {
  const biases = Object.keys(options.logitBias ?? {}).length;
  if (biases > MAX_LOGIT_BIAS) {
    throw new LocalLLMError('bad-argument', `logitBias has ${biases} tokens; at most ${MAX_LOGIT_BIAS} are possible.`);
  }
  return {
    temperature: options.temperature ?? model.temperature ?? SAMPLING_DEFAULTS.temperature,
    topK: options.topK ?? model.topK ?? SAMPLING_DEFAULTS.topK,
    topP: options.topP ?? model.topP ?? SAMPLING_DEFAULTS.topP,
    minP: options.minP ?? model.minP ?? SAMPLING_DEFAULTS.minP,
    seed: options.seed ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
    repetitionPenalty: options.repetitionPenalty ?? model.repetitionPenalty ?? SAMPLING_DEFAULTS.repetitionPenalty,
    presencePenalty: options.presencePenalty ?? 0,
    frequencyPenalty: options.frequencyPenalty ?? 0,
    logitBias: new Map(Object.entries(options.logitBias ?? {}).map(([id, bias]) => [Number(id), bias])),
  };
}

/** Whether the GPU draws by itself; elsewhere it takes the most likely, and {@link draw} the token. */
export function drawsOnGpu({ temperature, topK }: SamplingParams): boolean {
  return temperature === 0 || (topK > 0 && topK <= CANDIDATES);
}

/** A number in [0, 1) that depends on seed and position alone: a replay draws the same. (PCG output function.) */
export function uniform(seed: number, position: number): number {
  let state = (Math.imul(seed ^ Math.imul(position + 1, 0x9e3779b1), 747796405) + 2891336453) >>> 0;
  for (let round = 0; round < 2; round++) {
    const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
    state = ((word >>> 22) ^ word) >>> 0;
  }
  return (state >>> 8) / 2 ** 24;
}

/** Logits in falling order, with their ids. */
interface Sorted {
  ids: ArrayLike<number>;
  logits: ArrayLike<number>;
  /** Whether these are all of the vocabulary. */
  complete: boolean;
}

/**
 * Draws a token id.
 * @param position the token's position in its sequence
 * @param readAll reads all logits of the row; called only when the candidates do not decide
 */
export async function draw(
  params: SamplingParams,
  position: number,
  vocab: number,
  candidates: Candidates,
  readAll: () => Promise<Float32Array>,
): Promise<number> {
  const sorted: Sorted = { ...candidates, complete: candidates.ids.length === vocab };
  const u = uniform(params.seed, position);
  const quick = drawFrom(params, u, sorted, candidates);
  if (quick !== undefined) return quick;
  const logits = await readAll();
  const ids = Uint32Array.from(logits, (_, i) => i).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const all: Sorted = { ids, logits: Float32Array.from(ids, (id) => logits[id]!), complete: true };
  return drawFrom(params, u, all, candidates)!;
}

/** The token, or undefined when the sorted logits end before the draw is decided. */
function drawFrom(params: SamplingParams, u: number, sorted: Sorted, whole: Candidates): number | undefined {
  const { topK, topP, minP, temperature } = params;
  const limited = topK > 0;
  const available = sorted.ids.length;
  if (limited && topK > available && !sorted.complete) return undefined;
  let kept = limited ? Math.min(topK, available) : available;
  const weight = (i: number) => Math.exp(sorted.logits[i]! - whole.max);
  // After top-k the rest counts as impossible; without it the whole vocabulary does count.
  let total = whole.sum;
  if (limited) {
    total = 0;
    for (let i = 0; i < kept; i++) total += weight(i);
  }
  let closed = limited || sorted.complete; // whether nothing beyond `kept` can be drawn
  if (topP < 1) {
    let mass = 0;
    let i = 0;
    while (i < kept && mass < topP * total) mass += weight(i++);
    if (mass >= topP * total) {
      kept = Math.max(1, i);
      closed = true;
    }
  }
  if (minP > 0) {
    let i = 1;
    while (i < kept && weight(i) >= minP * weight(0)) i++;
    if (i < kept) closed = true;
    kept = i;
  }
  if (!closed && (topP < 1 || minP > 0)) return undefined; // the cut lies beyond what is sorted
  const scaled = (i: number) => Math.exp((sorted.logits[i]! - whole.max) / temperature);
  let mass = 0;
  if (closed) for (let i = 0; i < kept; i++) mass += scaled(i);
  else mass = whole.sumAtTemperature;
  let left = u * mass;
  let last: number | undefined; // where rounding leaves a rest: the last one that has a share
  for (let i = 0; i < kept; i++) {
    const share = scaled(i);
    if (share > 0) last = sorted.ids[i]!;
    left -= share;
    if (left < 0) return last;
  }
  return closed ? last : undefined;
}
