/**
 * Gemma 2: norms before and after every branch, GeGLU, scores and logits bent by tanh, every other layer with a sliding window,
 * the embedding scaled by √width and serving as head.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { attention } from '../ops/attention.ts';
import { embed } from '../ops/embed.ts';
import { gateUp, linear } from '../ops/linear.ts';
import { capLogits } from '../ops/logits.ts';
import { addRmsNorm, rmsNorm } from '../ops/norm.ts';
import { openActivations } from './activations.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { readOptional, readPositive, readTransformer, readWindows } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';
import { SpecBuilder } from './weight-specs.ts';

/** Of files that do not say. */
const WINDOW = { window: 4096, period: 2 };
const SCORE_CAP = 50;
const LOGIT_CAP = 30;
/** The 27B scales scores by the width of a head as the residual stream would be divided; it is known by its layers. */
const LAYERS_27B = 46;

interface Gemma2 extends Hyperparameters {
  /** Of each layer; 0: it sees everything. */
  windows: readonly number[];
  attentionScale: number;
  scoreCap: number;
  logitCap: number;
}

function hyperparameters(file: GgufFile): Gemma2 {
  const { metadata } = file;
  const { ropeDim, ...common } = readTransformer(file, 'gemma2');
  const all = readRope(file, 'gemma2', ropeDim);
  const windowed = { ...all, base: readPositive(metadata, 'gemma2.rope.freq_base_swa', all.base) };
  const { width, heads, headDim, layers } = common;
  return {
    ...common,
    ropes: { all, windowed },
    windows: readWindows(metadata, 'gemma2', layers, WINDOW),
    attentionScale: 1 / Math.sqrt(layers === LAYERS_27B ? Math.floor(width / heads) : headDim),
    scoreCap: readOptional(metadata, 'gemma2.attn_logit_softcapping', SCORE_CAP),
    logitCap: readOptional(metadata, 'gemma2.final_logit_softcapping', LOGIT_CAP),
  };
}

function weights(hp: Gemma2, file: GgufFile) {
  const specs = new SpecBuilder(file).embeddings(hp);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    specs.layer(blk, hp).postNorms(blk, hp);
  }
  return specs.build();
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture<Gemma2>['forward'] = async (f, hp) => {
  const { weights: w } = f;
  const { rmsEpsilon } = hp;
  const { residual, normed, branch, qkv, attended, hidden, result, logits } = await openActivations(f, hp);
  embed(f, w.matrix('token_embd'), residual, 'inp_scaled', Math.sqrt(hp.width));
  rmsNorm(f, residual, w.vector('blk.0.attn_norm'), normed, rmsEpsilon);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    linear(f, normed, `${blk}.attn_qkv`, qkv);
    const window = hp.windows[i]!;
    const table = window > 0 ? 'windowed' : 'all';
    const rope = { pairing: 'halves', table, dim: hp.ropes[table]!.dim } as const;
    const taps = { q: `Qcur-${i}`, k: `Kcur-${i}` };
    attention(f, qkv, i, hp, { rope, scale: hp.attentionScale, window, softcap: hp.scoreCap, taps }, attended);
    linear(f, attended, `${blk}.attn_output`, branch);
    addRmsNorm(f, residual, branch, w.vector(`${blk}.ffn_norm`), normed, rmsEpsilon, {
      tap: `sa_out-${i}`,
      branchNorm: w.vector(`${blk}.post_attention_norm`),
    });
    gateUp(f, normed, blk, 'gelu', hidden);
    linear(f, hidden, `${blk}.ffn_down`, branch, { tap: `ffn_out-${i}` });
    const last = i === hp.layers - 1;
    const next = w.vector(last ? 'output_norm' : `blk.${i + 1}.attn_norm`);
    addRmsNorm(f, residual, branch, next, last ? result : normed, rmsEpsilon, {
      tap: `l_out-${i}`,
      branchNorm: w.vector(`${blk}.post_ffw_norm`),
    });
  }
  linear(f, result, 'token_embd', logits);
  capLogits(f, logits, { cap: hp.logitCap });
  return logits.buffer;
};

export const gemma2: Architecture<Gemma2> = { name: 'gemma2', hyperparameters, weights, forward };
