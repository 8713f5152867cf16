/**
 * Phi 3, 3.5 and 4 (mini, small, medium): as llama, with joint tensors for queries, keys and values and for gate and up, rotary
 * positions on halves, and factors that depend on the context (LongRoPE).
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { preNormForward, preNormWeights } from './pre-norm-decoder.ts';
import { readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';

function hyperparameters(file: GgufFile): Hyperparameters {
  const { ropeDim, ...common } = readTransformer(file, 'phi3');
  return { ...common, ropes: { all: readRope(file, 'phi3', ropeDim) } };
}

const forward = preNormForward({
  rope: (_, hp) => ({ pairing: 'halves', table: 'all', dim: hp.ropes['all']!.dim }),
});

export const phi3: Architecture = { name: 'phi3', hyperparameters, weights: preNormWeights, forward };
