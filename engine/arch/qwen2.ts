/**
 * Qwen 2 and 2.5: as llama, with biases on queries, keys and values, and rotary positions on halves.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { preNormForward, preNormWeights } from './pre-norm-decoder.ts';
import { readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';

function hyperparameters(file: GgufFile): Hyperparameters {
  const { ropeDim, ...common } = readTransformer(file, 'qwen2');
  return { ...common, ropes: { all: readRope(file, 'qwen2', ropeDim) } };
}

const forward = preNormForward({
  rope: (_, hp) => ({ pairing: 'halves', table: 'all', dim: hp.ropes['all']!.dim }),
});

export const qwen2: Architecture = { name: 'qwen2', hyperparameters, weights: preNormWeights, forward };
