/**
 * SmolLM 3: as llama, but every fourth layer knows no positions.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { preNormForward, preNormWeights } from './pre-norm-decoder.ts';
import { readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';

/** Each layer at a multiple of this, counted from 1, goes without rotation. */
const NO_ROPE_STEP = 4;

function hyperparameters(file: GgufFile): Hyperparameters {
  const { ropeDim, ...common } = readTransformer(file, 'smollm3');
  return { ...common, ropes: { all: readRope(file, 'smollm3', ropeDim) } };
}

const forward = preNormForward({
  rope: (_, hp, layer) => ({
    pairing: 'interleaved',
    table: 'all',
    dim: (layer + 1) % NO_ROPE_STEP === 0 ? 0 : hp.ropes['all']!.dim,
  }),
});

export const smollm3: Architecture = { name: 'smollm3', hyperparameters, weights: preNormWeights, forward };
