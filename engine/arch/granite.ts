/**
 * Granite 3 and 4 (dense): as llama, with factors on the embedding, on every branch, on attention scores and on logits.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { attention } from '../ops/attention.ts';
import { embed } from '../ops/embed.ts';
import { gateUp, linear, outputHead } from '../ops/linear.ts';
import { capLogits } from '../ops/logits.ts';
import { addRmsNorm, rmsNorm } from '../ops/norm.ts';
import { openActivations } from './activations.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { preNormWeights } from './pre-norm-decoder.ts';
import { readOptional, readPositive, readTransformer } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';

interface Granite extends Hyperparameters {
  embeddingScale: number;
  branchScale: number;
  attentionScale: number;
  /** Logits are divided by it. */
  logitScale: number;
  /** Whether positions rotate at all. */
  rotates: boolean;
}

function hyperparameters(file: GgufFile): Granite {
  const { metadata } = file;
  const { ropeDim, ...common } = readTransformer(file, 'granite');
  return {
    ...common,
    ropes: { all: readRope(file, 'granite', ropeDim) },
    embeddingScale: readOptional(metadata, 'granite.embedding_scale', 1),
    branchScale: readOptional(metadata, 'granite.residual_scale', 1),
    attentionScale: readOptional(metadata, 'granite.attention.scale', 1 / Math.sqrt(common.headDim)),
    logitScale: readPositive(metadata, 'granite.logit_scale'),
    rotates: metadata.boolean('granite.rope.scaling.finetuned', true),
  };
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture<Granite>['forward'] = async (f, hp) => {
  const { weights: w } = f;
  const { branchScale, rmsEpsilon } = hp;
  const { residual, normed, branch, qkv, attended, hidden, result, logits } = await openActivations(f, hp);
  embed(f, w.matrix('token_embd'), residual, 'inp_embd', hp.embeddingScale);
  rmsNorm(f, residual, w.vector('blk.0.attn_norm'), normed, rmsEpsilon);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    linear(f, normed, `${blk}.attn_qkv`, qkv);
    const rope = { pairing: 'interleaved', table: 'all', dim: hp.rotates ? hp.ropes['all']!.dim : 0 } as const;
    const taps = { q: `Qcur-${i}`, k: `Kcur-${i}` };
    attention(f, qkv, i, hp, { rope, scale: hp.attentionScale, taps }, attended);
    linear(f, attended, `${blk}.attn_output`, branch, { tap: `attn_out-${i}` });
    const middle = { tap: `ffn_inp-${i}`, branchScale };
    addRmsNorm(f, residual, branch, w.vector(`${blk}.ffn_norm`), normed, rmsEpsilon, middle);
    gateUp(f, normed, blk, 'silu', hidden);
    linear(f, hidden, `${blk}.ffn_down`, branch);
    const last = i === hp.layers - 1;
    const next = w.vector(last ? 'output_norm' : `blk.${i + 1}.attn_norm`);
    addRmsNorm(f, residual, branch, next, last ? result : normed, rmsEpsilon, { tap: `l_out-${i}`, branchScale });
  }
  outputHead(f, result, logits);
  capLogits(f, logits, { scale: 1 / hp.logitScale });
  return logits.buffer;
};

export const granite: Architecture<Granite> = { name: 'granite', hyperparameters, weights: preNormWeights, forward };
