/**
 * OLMo 2 and 3: branches are normalized on their way out and not on their way in; queries and keys are normalized as whole rows;
 * rotary positions on halves; OLMo 3 adds sliding windows, whose layers know no YaRN.
 *
 * @module
 */
import type { GgufFile } from '../gguf/parse.ts';
import { attention } from '../ops/attention.ts';
import { embed } from '../ops/embed.ts';
import { gateUp, linear, outputHead } from '../ops/linear.ts';
import { addNormed, addRmsNorm, normQk } from '../ops/norm.ts';
import { openActivations } from './activations.ts';
import type { Architecture, Hyperparameters } from './architecture.ts';
import { readTransformer, readWindows } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';
import { SpecBuilder } from './weight-specs.ts';

/** Of OLMo 3, where the file has no pattern: every fourth layer sees everything. */
const WINDOW_PERIOD = 4;

interface Olmo2 extends Hyperparameters {
  /** Of each layer; 0: it sees everything. */
  windows: readonly number[];
}

function hyperparameters(file: GgufFile): Olmo2 {
  const { ropeDim, ...common } = readTransformer(file, 'olmo2');
  const all = readRope(file, 'olmo2', ropeDim);
  const windows = readWindows(file.metadata, 'olmo2', common.layers, { window: 0, period: WINDOW_PERIOD });
  return { ...common, ropes: { all, windowed: { dim: ropeDim, base: all.base, scale: 1, magnitude: 1 } }, windows };
}

function weights(hp: Olmo2, file: GgufFile) {
  const specs = new SpecBuilder(file).embeddings(hp);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    specs
      .qkv(blk, hp)
      .qkNorm(blk, hp.heads * hp.headDim, hp.kvHeads * hp.headDim)
      .matrix(`${blk}.attn_output`, hp.width, hp.heads * hp.headDim)
      .gateUp(blk, hp)
      .matrix(`${blk}.ffn_down`, hp.width, hp.ffnWidth)
      .postNorms(blk, hp);
  }
  return specs.build();
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture<Olmo2>['forward'] = async (f, hp) => {
  const { weights: w } = f;
  const { residual, branch, qkv, attended, hidden, result, logits } = await openActivations(f, hp);
  embed(f, w.matrix('token_embd'), residual, 'inp_embd');
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    linear(f, residual, `${blk}.attn_qkv`, qkv);
    normQk(f, qkv, hp.heads * hp.headDim, hp.kvHeads * hp.headDim, w.vector(`${blk}.qk_norm`), hp.rmsEpsilon);
    const window = hp.windows[i]!;
    const table = window > 0 ? 'windowed' : 'all';
    const rope = { pairing: 'halves', table, dim: hp.ropes[table]!.dim } as const;
    const taps = { q: `Qcur-${i}`, k: `Kcur-${i}` };
    attention(f, qkv, i, hp, { rope, scale: 1 / Math.sqrt(hp.headDim), window, taps }, attended);
    linear(f, attended, `${blk}.attn_output`, branch);
    addNormed(f, residual, branch, w.vector(`${blk}.post_attention_norm`), hp.rmsEpsilon, `ffn_inp-${i}`);
    gateUp(f, residual, blk, 'silu', hidden);
    linear(f, hidden, `${blk}.ffn_down`, branch);
    const branchNorm = w.vector(`${blk}.post_ffw_norm`);
    const tap = `l_out-${i}`;
    if (i < hp.layers - 1) addNormed(f, residual, branch, branchNorm, hp.rmsEpsilon, tap);
    else addRmsNorm(f, residual, branch, w.vector('output_norm'), result, hp.rmsEpsilon, { tap, branchNorm });
  }
  outputHead(f, result, logits, { tap: 'result_output' });
  return logits.buffer;
};

export const olmo2: Architecture<Olmo2> = { name: 'olmo2', hyperparameters, weights, forward };
