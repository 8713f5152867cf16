/**
 * Llama and what is converted as such (Mistral, SmolLM2, TinyLlama, Yi …): RMSNorm, rotary positions on interleaved pairs,
 * grouped-query attention, SwiGLU; biases where the file has them.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { preNormForward, preNormWeights } from './pre-norm-decoder.ts';
import { readOptional, readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';

interface Llama extends Hyperparameters {
  attentionScale: number;
}

function hyperparameters(file: GgufFile): Llama {
  const { ropeDim, ...common } = readTransformer(file, 'llama');
  return {
    ...common,
    ropes: { all: readRope(file, 'llama', ropeDim) },
    attentionScale: readOptional(file.metadata, 'llama.attention.scale', 1 / Math.sqrt(common.headDim)),
  };
}

const forward = preNormForward<Llama>({
  rope: (_, hp) => ({ pairing: 'interleaved', table: 'all', dim: hp.ropes['all']!.dim }),
  attentionScale: (hp) => hp.attentionScale,
});

export const llama: Architecture<Llama> = { name: 'llama', hyperparameters, weights: preNormWeights, forward };
