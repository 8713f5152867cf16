/**
 * Qwen 3.5 (dense): three layers of gated DeltaNet for each of gated attention. The first keep a state of fixed size, the second
 * keys and values; all have SwiGLU.
 *
 * @module
 */
import type { Metadata } from '../gguf/metadata.ts';
import type { GgufFile } from '../gguf/parse.ts';
import { attention } from '../ops/attention.ts';
import { type Activation, type ForwardContext } from '../ops/context.ts';
import { embed } from '../ops/embed.ts';
import { gateUp, linear, outputHead } from '../ops/linear.ts';
import { addRmsNorm, rmsNorm } from '../ops/norm.ts';
import { causalConv, deltaInputs, deltaNet, type DeltaShape, gatedNorm, sigmoidGate } from '../ops/recurrent.ts';
import { type Activations, openActivations } from './activations.ts';
import type { Architecture, Hyperparameters, RecurrentParameters } from './architecture.ts';
import { readInteger, readOptional, readTransformer, unsupported } from './read-hyperparameters.ts';
import { readRope } from './read-rope.ts';
import { SpecBuilder } from './weight-specs.ts';

const NAME = 'qwen35';
/** Where the file does not say: every fourth layer attends. */
const ATTENTION_INTERVAL = 4;
/** What the kernels of the delta rule take. */
const MAX_TAPS = 32;
const DELTA_HEAD_STEP = 16;

interface Qwen35 extends Hyperparameters {
  recurrent: RecurrentParameters;
  attentionScale: number;
  delta: DeltaShape;
  /** Tokens that the convolution sees. */
  taps: number;
  /** Queries, keys and values of the delta rule: channels of the convolution. */
  channels: number;
  valueWidth: number;
  /** Layers of the file, with those that predict further tokens and are left out. */
  fileLayers: number;
}

function hyperparameters(file: GgufFile): Qwen35 {
  const { metadata } = file;
  const key = (name: string) => `${NAME}.${name}`;
  const { ropeDim, layers: fileLayers, ...common } = readTransformer(file, NAME);
  const layers = fileLayers - readInteger(metadata, key('nextn_predict_layers'), 0, fileLayers - 1, 0);
  const keyHeads = readInteger(metadata, key('ssm.group_count'), 1, 1024);
  const valueHeads = readInteger(metadata, key('ssm.time_step_rank'), 1, 1024);
  const headDim = readInteger(metadata, key('ssm.state_size'), 1, 256);
  const taps = readInteger(metadata, key('ssm.conv_kernel'), 2, MAX_TAPS);
  const valueWidth = readInteger(metadata, key('ssm.inner_size'), 1, 1 << 18);
  if (valueWidth !== valueHeads * headDim) {
    throw unsupported(`${key('ssm.inner_size')} is ${valueWidth}, not ${valueHeads} heads of ${headDim}`);
  }
  if (headDim % DELTA_HEAD_STEP !== 0) throw unsupported(`${key('ssm.state_size')} is ${headDim}`);
  if (valueHeads % keyHeads !== 0) throw unsupported(`${valueHeads} value heads do not share ${keyHeads} keys evenly`);
  refuseUncoveredPairs(metadata, key('rope.dimension_sections'), ropeDim);
  const channels = 2 * keyHeads * headDim + valueWidth;
  const attends = attentionPattern(metadata, fileLayers);
  const all = Array.from({ length: layers }, (_, i) => i);
  return {
    ...common,
    layers,
    fileLayers,
    ropes: { all: readRope(file, NAME, ropeDim) },
    attentionLayers: all.filter((i) => attends[i]),
    recurrent: {
      layers: all.filter((i) => !attends[i]),
      floats: { conv: (taps - 1) * channels, delta: valueHeads * headDim * headDim },
    },
    attentionScale: readOptional(metadata, key('attention.scale'), 1 / Math.sqrt(common.headDim)),
    delta: { keyHeads, valueHeads, headDim },
    taps,
    channels,
    valueWidth,
  };
}

/** Whether each layer attends. */
function attentionPattern(metadata: Metadata, layers: number): boolean[] {
  const key = `${NAME}.attention.recurrent_layers`;
  const given = metadata.get(key);
  if (given?.type === 'array' && given.itemType === 'bool' && given.value.length >= layers) {
    return given.value.map((recurrent) => !recurrent);
  }
  if (given) throw unsupported(`${key} is no list of ${layers} truth values`);
  const interval = readInteger(metadata, `${NAME}.full_attention_interval`, 1, layers + 1, ATTENTION_INTERVAL);
  return Array.from({ length: layers }, (_, i) => (i + 1) % interval === 0);
}

/**
 * Positions in text are the same in time, height and width, so that the sections make no difference, as long as they leave no pair
 * of dimensions to the fourth, which is always 0.
 */
function refuseUncoveredPairs(metadata: Metadata, key: string, ropeDim: number): void {
  const sections = Array.from(metadata.numbers(key));
  const total = sections.reduce((sum, n) => sum + n, 0);
  const [time = 0, height = 0, width = 0] = sections;
  const limits = [3 * time, 3 * height, 3 * width];
  for (let pair = 0; pair < ropeDim / 2; pair++) {
    const sector = pair % total;
    if (!(sector < limits[sector % 3]!))
      throw unsupported(`${key} is [${sections.join(', ')}], which rotates some pairs only`);
  }
}

function weights(hp: Qwen35, file: GgufFile) {
  const { width, heads, headDim, delta } = hp;
  const specs = new SpecBuilder(file).embeddings(hp);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    specs.vector(`${blk}.attn_norm`, width).vector(`${blk}.post_attention_norm`, width);
    specs.gateUp(blk, hp).matrix(`${blk}.ffn_down`, width, hp.ffnWidth);
    if (hp.attentionLayers.includes(i)) {
      specs
        .stacked(`${blk}.attn_qkv`, width, attentionRows(blk, hp))
        .qkNorm(blk, headDim, headDim)
        .matrix(`${blk}.attn_output`, width, heads * headDim);
    } else {
      specs
        .stacked(`${blk}.mixed`, width, [
          { tensor: `${blk}.attn_qkv.weight`, rows: hp.channels },
          { tensor: `${blk}.attn_gate.weight`, rows: hp.valueWidth },
          { tensor: `${blk}.ssm_beta.weight`, rows: delta.valueHeads },
          { tensor: `${blk}.ssm_alpha.weight`, rows: delta.valueHeads },
        ])
        .tensor(`${blk}.ssm_conv1d`, `${blk}.ssm_conv1d.weight`, [hp.taps, hp.channels])
        .vector(`${blk}.ssm_dt`, delta.valueHeads, `${blk}.ssm_dt.bias`)
        .vector(`${blk}.ssm_a`, delta.valueHeads, `${blk}.ssm_a`)
        .vector(`${blk}.ssm_norm`, delta.headDim)
        .matrix(`${blk}.ssm_out`, width, hp.valueWidth);
    }
  }
  for (let i = hp.layers; i < hp.fileLayers; i++) specs.ignore(`blk.${i}.`);
  return specs.build();
}

/** Queries, keys, values, then gates: the file has each head's queries and gates in turns. */
function attentionRows(blk: string, { heads, kvHeads, headDim }: Qwen35) {
  const half = (head: number, part: 0 | 1) => ({
    tensor: `${blk}.attn_q.weight`,
    tensorRows: 2 * heads * headDim,
    from: (2 * head + part) * headDim,
    rows: headDim,
  });
  const each = Array.from({ length: heads }, (_, head) => head);
  return [
    ...each.map((head) => half(head, 0)),
    { tensor: `${blk}.attn_k.weight`, rows: kvHeads * headDim },
    { tensor: `${blk}.attn_v.weight`, rows: kvHeads * headDim },
    ...each.map((head) => half(head, 1)),
  ];
}

interface DeltaActivations {
  /** [T, channels + valueWidth + 2 · valueHeads]: queries, keys and values, gates, betas, alphas; padded to vec4s. */
  mixed: Activation;
  /** [T, channels] */
  conv: Activation;
  /** [T, valueHeads · 4] */
  gates: Activation;
  /** [T, valueWidth] */
  core: Activation;
}

/** Names of taps are llama.cpp's names of the same values. */
const forward: Architecture<Qwen35>['forward'] = async (f, hp) => {
  const { weights: w } = f;
  const { heads, kvHeads, headDim, delta } = hp;
  const acts = await openActivations(f, hp, (2 * heads + 2 * kvHeads) * headDim);
  const mixedWidth = Math.ceil((hp.channels + hp.valueWidth + 2 * delta.valueHeads) / 4) * 4;
  const deltaActs = {
    mixed: await f.activation('mixed', mixedWidth),
    conv: await f.activation('conv', hp.channels),
    gates: await f.activation('gates', delta.valueHeads * 4),
    core: await f.activation('core', hp.valueWidth),
  };
  const { residual, normed, branch, hidden, result, logits } = acts;
  embed(f, w.matrix('token_embd'), residual, 'model.input_embed');
  rmsNorm(f, residual, w.vector('blk.0.attn_norm'), normed, hp.rmsEpsilon);
  for (let i = 0; i < hp.layers; i++) {
    const blk = `blk.${i}`;
    if (hp.attentionLayers.includes(i)) attend(f, hp, i, acts);
    else recur(f, hp, i, acts, deltaActs);
    const tap = `attn_residual-${i}`;
    addRmsNorm(f, residual, branch, w.vector(`${blk}.post_attention_norm`), normed, hp.rmsEpsilon, { tap });
    gateUp(f, normed, blk, 'silu', hidden);
    linear(f, hidden, `${blk}.ffn_down`, branch, { tap: `ffn_out-${i}` });
    const last = i === hp.layers - 1;
    const next = w.vector(last ? 'output_norm' : `blk.${i + 1}.attn_norm`);
    addRmsNorm(f, residual, branch, next, last ? result : normed, hp.rmsEpsilon, { tap: `l_out-${i}` });
  }
  outputHead(f, result, logits, { tap: 'result_output' });
  return logits.buffer;
};

function attend(f: ForwardContext, hp: Qwen35, i: number, { normed, qkv, attended, branch }: Activations): void {
  const { weights: w } = f;
  const blk = `blk.${i}`;
  linear(f, normed, `${blk}.attn_qkv`, qkv);
  const qkNorm = { weight: w.vector(`${blk}.qk_norm`), epsilon: hp.rmsEpsilon };
  const rope = { pairing: 'halves', table: 'all', dim: hp.ropes['all']!.dim, qkNorm } as const;
  const taps = { q: `Qcur-${i}`, k: `Kcur-${i}` };
  attention(f, qkv, i, hp, { rope, scale: hp.attentionScale, taps }, attended);
  sigmoidGate(f, attended, { from: qkv, offset: (hp.heads + 2 * hp.kvHeads) * hp.headDim }, `attn_gated-${i}`);
  linear(f, attended, `${blk}.attn_output`, branch, { tap: `attn_output-${i}` });
}

function recur(
  f: ForwardContext,
  hp: Qwen35,
  i: number,
  { normed, branch }: Activations,
  { mixed, conv, gates, core }: DeltaActivations,
): void {
  const { weights: w } = f;
  const { delta, channels, rmsEpsilon } = hp;
  const blk = `blk.${i}`;
  const betaOffset = channels + hp.valueWidth;
  linear(f, normed, `${blk}.mixed`, mixed);
  const convWeight = w.vector(`${blk}.ssm_conv1d`);
  causalConv(f, { from: mixed, offset: 0 }, convWeight, hp.taps, f.state(i, 'conv'), conv, `conv_output_silu-${i}`);
  const raw = { from: mixed, betaOffset, alphaOffset: betaOffset + delta.valueHeads };
  const decay = { a: w.vector(`${blk}.ssm_a`), dtBias: w.vector(`${blk}.ssm_dt`) };
  deltaInputs(f, conv, delta, raw, decay, rmsEpsilon, gates, {
    q: `q_conv_scaled-${i}`,
    k: `k_conv_predelta-${i}`,
  });
  deltaNet(f, conv, gates, delta, f.state(i, 'delta'), core);
  const z = { from: mixed, offset: channels };
  gatedNorm(f, core, delta.headDim, w.vector(`${blk}.ssm_norm`), z, rmsEpsilon, `final_output-${i}`);
  linear(f, core, `${blk}.ssm_out`, branch, { tap: `linear_attn_out-${i}` });
}

export const qwen35: Architecture<Qwen35> = { name: NAME, hyperparameters, weights, forward };
