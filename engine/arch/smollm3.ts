/**
 * SmolLM 3: as llama, but every fourth layer knows no positions.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { attention, ropeAppend } from '../ops/attention.ts';
import { embed } from '../ops/embed.ts';
import { gateUp, linear } from '../ops/linear.ts';
import { addRmsNorm, rmsNorm } from '../ops/norm.ts';
import { openActivations } from './activations.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';
import { SpecBuilder } from './weight-specs.ts';

/** Each layer at a multiple of this, counted from 1, goes without rotation. */
const NO_ROPE_STEP = 4;

function hyperparameters(file: GgufFile): Hyperparameters {
  const { ropeDim, ...common } = readTransformer(file, 'smollm3');
  return { ...common, ropes: { all: readRope(file, 'smollm3', ropeDim) } };
}

function weights(hp: Hyperparameters, file: GgufFile) {
  const specs = new SpecBuilder(file).embeddings(hp);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    specs
      .vector(`${blk}.attn_norm`, hp.width)
      .qkv(blk, hp)
      .matrix(`${blk}.attn_output`, hp.width, hp.heads * hp.headDim)
      .vector(`${blk}.ffn_norm`, hp.width)
      .gateUp(blk, hp)
      .matrix(`${blk}.ffn_down`, hp.width, hp.ffnWidth);
  }
  return specs.build();
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture['forward'] = async (f, hp) => {
  const { weights: w } = f;
  const { residual, normed, branch, qkv, attended, hidden, result, logits } = await openActivations(f, hp);
  embed(f, w.matrix('token_embd'), residual, 'inp_embd');
  rmsNorm(f, residual, w.vector('blk.0.attn_norm'), normed, hp.rmsEpsilon);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    linear(f, normed, w.matrix(`${blk}.attn_qkv`), qkv, { bias: w.optional(`${blk}.attn_qkv.bias`) });
    const rope = {
      pairing: 'interleaved',
      table: 'all',
      dim: (i + 1) % NO_ROPE_STEP === 0 ? 0 : hp.ropes['all']!.dim,
    } as const;
    ropeAppend(f, qkv, i, hp, rope, { q: `Qcur-${i}`, k: `Kcur-${i}` });
    attention(f, qkv, i, hp, { scale: 1 / Math.sqrt(hp.headDim) }, attended);
    linear(f, attended, w.matrix(`${blk}.attn_output`), branch);
    addRmsNorm(f, residual, branch, w.vector(`${blk}.ffn_norm`), normed, hp.rmsEpsilon, { tap: `ffn_inp-${i}` });
    gateUp(f, normed, blk, 'silu', hidden);
    linear(f, hidden, w.matrix(`${blk}.ffn_down`), branch, { tap: `ffn_out-${i}` });
    const last = i === hp.layers - 1;
    const next = w.vector(last ? 'output_norm' : `blk.${i + 1}.attn_norm`);
    addRmsNorm(f, residual, branch, next, last ? result : normed, hp.rmsEpsilon, { tap: `l_out-${i}` });
  }
  linear(f, result, w.matrix(w.has('output') ? 'output' : 'token_embd'), logits, { tap: 'result_output' });
  return logits.buffer;
};

export const smollm3: Architecture = { name: 'smollm3', hyperparameters, weights, forward };
