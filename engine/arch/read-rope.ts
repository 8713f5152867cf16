/**
 * Rotary positions as a file describes them: base, scaling, factors. Keys and defaults are llama.cpp's (`llama-model.cpp`).
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { quoted } from '../protocol/errors.ts';
import type { RopeFactors, RopeParameters } from './architecture.ts';
import { readInteger, readOptional, readPositive, unsupported } from './read-hyperparameters.ts';

const TYPES = ['none', 'linear', 'yarn', 'longrope'];
/** YaRN's, where the file has none. */
const BETA_FAST = 32;
const BETA_SLOW = 1;

/**
 * @param dim dimensions of a head that rotate
 * @throws LocalLLMError bad-file, not-supported
 */
export function readRope(file: GgufFile, architecture: string, dim: number): RopeParameters {
  const { metadata } = file;
  const key = (name: string) => `${architecture}.rope.${name}`;
  const type = metadata.string(key('scaling.type'), 'linear');
  if (!TYPES.includes(type))
    throw unsupported(`${key('scaling.type')} is ${quoted(type)}; known are ${TYPES.join(', ')}`);
  const factor = readOptional(metadata, key('scaling.factor'), readOptional(metadata, key('scale_linear'), 1));
  const scale = type === 'none' ? 1 : factor;
  const trained = metadata.number(`${architecture}.context_length`, 0);
  const originalContext = readInteger(metadata, key('scaling.original_context_length'), 0, 2 ** 31, trained);
  const attention = readOptional(metadata, key('scaling.attn_factor'), 1);
  const factors = factorTensors(file, originalContext);
  return {
    dim,
    base: readPositive(metadata, key('freq_base'), 10_000),
    scale,
    magnitude: attention * (type === 'yarn' ? yarnMagnitude(scale) : 1),
    ...(type === 'yarn'
      ? {
          yarn: {
            originalContext,
            betaFast: readPositive(metadata, key('scaling.yarn_beta_fast'), BETA_FAST),
            betaSlow: readPositive(metadata, key('scaling.yarn_beta_slow'), BETA_SLOW),
          },
        }
      : {}),
    ...(factors ? { factors } : {}),
  };
}

/** Attention grows sharper with the number of tokens; YaRN keeps it level. */
function yarnMagnitude(scale: number): number {
  return scale > 1 ? 0.1 * Math.log(scale) + 1 : 1;
}

function factorTensors({ tensors }: GgufFile, originalContext: number): RopeFactors | undefined {
  const [one, short, long] = ['rope_freqs.weight', 'rope_factors_short.weight', 'rope_factors_long.weight'];
  if (tensors.has(one)) return { tensor: one };
  return tensors.has(short) && tensors.has(long) ? { short: short, long: long, originalContext } : undefined;
}

/** All tensors of the factors, or the one that a context of that many tokens uses. */
export function factorNames(factors: RopeFactors | undefined, contextTokens?: number): string[] {
  if (!factors) return [];
  if ('tensor' in factors) return [factors.tensor];
  if (contextTokens === undefined) return [factors.short, factors.long];
  return [contextTokens > factors.originalContext ? factors.long : factors.short];
}
