/**
 * Gemma 3 (text): norms before and after every branch and on every query and key head, GeGLU, five layers with a sliding window and
 * a rotation of their own for each that sees everything, the embedding scaled by √width.
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
import { readPositive, readTransformer, readWindows } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';
import { SpecBuilder } from './weight-specs.ts';

/** Of files that do not say. */
const WINDOW_PERIOD = 6;
const WINDOWED_BASE = 10_000;
/** The 27B scales scores by the width of a head as the residual stream would be divided; it is known by its layers. */
const LAYERS_27B = 62;

interface Gemma3 extends Hyperparameters {
  /** Of each layer; 0: it sees everything. */
  windows: readonly number[];
  attentionScale: number;
  /** 0: logits stay as they are. */
  logitCap: number;
}

function hyperparameters(file: GgufFile): Gemma3 {
  const { metadata } = file;
  const { ropeDim, ...common } = readTransformer(file, 'gemma3');
  const base = readPositive(metadata, 'gemma3.rope.freq_base_swa', WINDOWED_BASE);
  const { width, heads, headDim, layers } = common;
  return {
    ...common,
    ropes: {
      all: readRope(file, 'gemma3', ropeDim),
      windowed: { dim: ropeDim, base, scale: 1, magnitude: 1 },
    },
    windows: readWindows(metadata, 'gemma3', layers, { window: 0, period: WINDOW_PERIOD }),
    attentionScale: 1 / Math.sqrt(layers === LAYERS_27B ? Math.floor(width / heads) : headDim),
    logitCap: metadata.number('gemma3.final_logit_softcapping', 0),
  };
}

function weights(hp: Gemma3, file: GgufFile) {
  const specs = new SpecBuilder(file).embeddings(hp);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    specs.layer(blk, hp).qkNorm(blk, hp.headDim, hp.headDim).postNorms(blk, hp);
  }
  return specs.build();
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture<Gemma3>['forward'] = async (f, hp) => {
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
    const qkNorm = { weight: w.vector(`${blk}.qk_norm`), epsilon: rmsEpsilon };
    const rope = { pairing: 'halves', table, dim: hp.ropes[table]!.dim, qkNorm } as const;
    const taps = { q: `Qcur-${i}`, k: `Kcur-${i}` };
    attention(f, qkv, i, hp, { rope, scale: hp.attentionScale, window, taps }, attended);
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
  outputHead(f, result, logits, { tap: 'result_output' });
  if (hp.logitCap > 0) capLogits(f, logits, { cap: hp.logitCap });
  return logits.buffer;
};

export const gemma3: Architecture<Gemma3> = { name: 'gemma3', hyperparameters, weights, forward };
