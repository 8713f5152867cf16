/**
 * Qwen 3: as llama, with a norm on every query and key head, and rotary positions on halves.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { preNormForward, preNormWeights } from './pre-norm-decoder.ts';
import { readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';

function hyperparameters(file: GgufFile): Hyperparameters {
  const { ropeDim, ...common } = readTransformer(file, 'qwen3');
  return { ...common, ropes: { all: readRope(file, 'qwen3', ropeDim) } };
}

const weights = (hp: Hyperparameters, file: GgufFile) =>
  preNormWeights(hp, file, (specs, blk) => specs.qkNorm(blk, hp.headDim, hp.headDim));

const forward = preNormForward({
  rope: (f, hp, layer) => ({
    pairing: 'halves',
    table: 'all',
    dim: hp.ropes['all']!.dim,
    qkNorm: { weight: f.weights.vector(`blk.${layer}.qk_norm`), epsilon: hp.rmsEpsilon },
  }),
});

export const qwen3: Architecture = { name: 'qwen3', hyperparameters, weights, forward };
