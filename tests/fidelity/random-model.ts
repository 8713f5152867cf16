/**
 * Small models of every architecture with random weights: shapes and element types that Pocket has not.
 *
 * @module
 */
import { join } from 'node:path';
import type { GgmlType } from '../../engine/gguf/types.ts';
import { writeGguf, type WriterValue } from '../gguf-writer.ts';
import { quantize } from '../quantize.ts';
import { CACHE, cacheFile } from './twin.ts';

export interface RandomModel {
  architecture: string;
  /** Of the matrices, or of some of them by name. */
  type: GgmlType | ((tensor: string) => GgmlType);
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ffn: number;
  /** Default 512. */
  context?: number;
  /** Tokens of the vocabulary, at least the usual few, with the usual few merges. */
  vocab?: number;
  /** In place of such a one. */
  vocabulary?: RandomVocabulary;
  /** Without an output matrix of its own, the embedding serves. */
  tied?: boolean;
  /** How large the embedding is, times 1 / √width; default 4. */
  embeddingGain?: number;
  /** More metadata, under the architecture's name. */
  more?: Readonly<Record<string, WriterValue>>;
  /** Divisors of the frequencies: one for all contexts (Llama 3.1), or one for short and one for long ones (Phi 3). */
  ropeFactors?: 'one' | 'two';
  /** Biases of these: attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down, output, attn_qkv. */
  biases?: readonly string[];
  /** Queries, keys and values in one tensor, gate and up in another. */
  joint?: boolean;
  /** Weights of a norm on queries and keys: of each head, or of the whole row. */
  qkNorm?: 'heads' | 'rows';
  /** Linear-attention layers: all but every `interval`-th; attention queries come with gates. */
  delta?: { keyHeads: number; valueHeads: number; headDim: number; taps: number; interval: number };
  /** Norms around the branches: before them (the default), before and after, or after only. */
  norms?: 'before' | 'both' | 'after';
}

/** Its end is `END`. */
export interface RandomVocabulary {
  tokens: readonly string[];
  /** Metadata under `tokenizer.ggml`, the tokens among it. */
  metadata: Readonly<Record<string, WriterValue>>;
}

export const f32 = (value: number): WriterValue => ({ type: 'float32', value });

const MERGES = ['t h', 'h e', 'i n', 'Ġ t', 'Ġt he'];
/** The token that begins texts and ends them. */
export const END = '<|endoftext|>';

/** A tensor and how its values are distributed, or what they are. */
export interface RandomTensor {
  name: string;
  type: GgmlType;
  /** ggml's order: shape[0] is contiguous. */
  shape: readonly number[];
  values: { mean: number; sigma: number } | Float32Array;
}

/** Writes the model's file, the same each time, and returns its path. */
export function randomModel(name: string, model: RandomModel): string {
  const path = join(CACHE, `random-${name}.gguf`);
  const { metadata: facts, tensors: described } = describeModel(model);
  const random = gaussian(name);
  const drawn = described.map(({ values, ...tensor }) => {
    const count = tensor.shape.reduce((product, length) => product * length, 1);
    const numbers =
      values instanceof Float32Array
        ? values
        : Float32Array.from({ length: count }, () => values.mean + values.sigma * random());
    return { ...tensor, data: quantize(tensor.type, numbers) };
  });
  cacheFile(path, writeGguf({ metadata: facts, tensors: drawn }));
  return path;
}

/** What the model's file says and which tensors it has. */
export function describeModel(model: RandomModel): { metadata: Record<string, WriterValue>; tensors: RandomTensor[] } {
  const vocabulary = model.vocabulary ?? smallVocabulary(model.vocab ?? 0);
  return { metadata: metadata(model, vocabulary), tensors: tensors(model, vocabulary.tokens.length) };
}

function smallVocabulary(size: number): RandomVocabulary {
  const known = [...byteAlphabet(), ...MERGES.map((merge) => merge.replace(' ', '')), END];
  const more = Math.max(0, size - known.length);
  const tokens = [...known, ...Array.from({ length: more }, (_, i) => `token${i}`)];
  const types = Int32Array.from(tokens, (token) => (token === END ? 3 : 1));
  return { tokens, metadata: { model: 'gpt2', pre: 'gpt-2', tokens, token_type: types, merges: MERGES } };
}

function metadata(model: RandomModel, { tokens, metadata: vocabulary }: RandomVocabulary): Record<string, WriterValue> {
  const { architecture, more = {} } = model;
  const endId = tokens.indexOf(END);
  const own: Record<string, WriterValue> = {
    block_count: model.layers,
    context_length: model.context ?? 512,
    embedding_length: model.width,
    feed_forward_length: model.ffn,
    'attention.head_count': model.heads,
    'attention.head_count_kv': model.kvHeads,
    'attention.key_length': model.headDim,
    'attention.value_length': model.headDim,
    'attention.layer_norm_rms_epsilon': f32(1e-5),
    'rope.dimension_count': model.headDim,
    vocab_size: tokens.length,
    ...more,
  };
  return {
    'general.architecture': architecture,
    'general.name': 'Random weights', // llama.cpp reads meaning into some names
    ...under(architecture, own),
    ...under('tokenizer.ggml', vocabulary),
    'tokenizer.ggml.bos_token_id': endId,
    'tokenizer.ggml.eos_token_id': endId,
    'tokenizer.ggml.add_bos_token': false,
  };
}

function under(prefix: string, values: Readonly<Record<string, WriterValue>>): Record<string, WriterValue> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${prefix}.${key}`, value]));
}

/** Lists tensors of random values. */
class TensorWriter {
  readonly list: RandomTensor[] = [];
  readonly #model: RandomModel;

  constructor(model: RandomModel) {
    this.#model = model;
  }

  /** Floats around a mean. */
  vector(name: string, size: number, mean = 1, sigma = 0.1): void {
    this.list.push({ name, type: 'F32', shape: [size], values: { mean, sigma } });
  }

  /** `gain` times as large as what goes in, on the average; with its bias where the model has it. */
  matrix(name: string, cols: number, rows: number, gain: number): void {
    const { type, biases = [] } = this.#model;
    const chosen = typeof type === 'function' ? type(name) : type;
    const values = { mean: 0, sigma: gain / Math.sqrt(cols) };
    this.list.push({ name: `${name}.weight`, type: chosen, shape: [cols, rows], values });
    if (biases.includes(name.replace(/^blk\.\d+\./, ''))) this.vector(`${name}.bias`, rows, 0, 0.3);
  }

  convolution(name: string, taps: number, channels: number): void {
    this.list.push({ name, type: 'F32', shape: [taps, channels], values: { mean: 0, sigma: 0.6 } });
  }

  factors(name: string, size: number, slope: number): void {
    const factors = Float32Array.from({ length: size }, (_, i) => (i < size / 2 ? 1 : 1 + i * slope));
    this.list.push({ name, type: 'F32', shape: [size], values: factors });
  }
}

function tensors(model: RandomModel, vocab: number): RandomTensor[] {
  const { width, layers, headDim } = model;
  const out = new TensorWriter(model);
  out.matrix('token_embd', width, vocab, model.embeddingGain ?? 4);
  out.vector('output_norm.weight', width);
  if (!model.tied) out.matrix('output', width, vocab, 4);
  if (model.ropeFactors === 'one') out.factors('rope_freqs.weight', headDim / 2, 0.25);
  if (model.ropeFactors === 'two') {
    out.factors('rope_factors_short.weight', headDim / 2, 0.1);
    out.factors('rope_factors_long.weight', headDim / 2, 0.7);
  }
  for (let i = 0; i < layers; i++) {
    if (model.delta) writeHybridLayer(out, model, i);
    else writeLayer(out, model, `blk.${i}`);
  }
  return out.list;
}

/** A layer of Qwen 3.5. */
function writeHybridLayer(out: TensorWriter, model: RandomModel, i: number): void {
  const { width, heads, kvHeads, headDim, ffn, delta } = model;
  const { keyHeads, valueHeads, headDim: deltaDim, taps, interval } = delta!;
  const blk = `blk.${i}`;
  const valueWidth = valueHeads * deltaDim;
  const channels = 2 * keyHeads * deltaDim + valueWidth;
  out.vector(`${blk}.attn_norm.weight`, width);
  out.vector(`${blk}.post_attention_norm.weight`, width);
  if ((i + 1) % interval === 0) {
    out.matrix(`${blk}.attn_q`, width, 2 * heads * headDim, 1.5);
    out.matrix(`${blk}.attn_k`, width, kvHeads * headDim, 1.5);
    out.matrix(`${blk}.attn_v`, width, kvHeads * headDim, 1);
    out.vector(`${blk}.attn_q_norm.weight`, headDim);
    out.vector(`${blk}.attn_k_norm.weight`, headDim);
    out.matrix(`${blk}.attn_output`, heads * headDim, width, 1);
  } else {
    out.matrix(`${blk}.attn_qkv`, width, channels, 1.5);
    out.matrix(`${blk}.attn_gate`, width, valueWidth, 1);
    out.convolution(`${blk}.ssm_conv1d.weight`, taps, channels);
    out.vector(`${blk}.ssm_dt.bias`, valueHeads, 0, 1);
    out.vector(`${blk}.ssm_a`, valueHeads, -0.3, 0.05);
    out.matrix(`${blk}.ssm_beta`, width, valueHeads, 1);
    out.matrix(`${blk}.ssm_alpha`, width, valueHeads, 1);
    out.vector(`${blk}.ssm_norm.weight`, deltaDim);
    out.matrix(`${blk}.ssm_out`, valueWidth, width, 1);
  }
  out.matrix(`${blk}.ffn_gate`, width, ffn, 1);
  out.matrix(`${blk}.ffn_up`, width, ffn, 1);
  out.matrix(`${blk}.ffn_down`, ffn, width, 1);
}

function writeLayer(out: TensorWriter, model: RandomModel, blk: string): void {
  const { width, heads, kvHeads, headDim, ffn, joint, norms = 'before', qkNorm } = model;
  const [q, kv] = [heads * headDim, kvHeads * headDim];
  if (norms !== 'after') {
    out.vector(`${blk}.attn_norm.weight`, width);
    out.vector(`${blk}.ffn_norm.weight`, width);
  }
  if (norms !== 'before') {
    out.vector(`${blk}.post_attention_norm.weight`, width);
    out.vector(`${blk}.post_ffw_norm.weight`, width);
  }
  if (joint) out.matrix(`${blk}.attn_qkv`, width, q + 2 * kv, 1.5);
  else {
    out.matrix(`${blk}.attn_q`, width, q, 1.5);
    out.matrix(`${blk}.attn_k`, width, kv, 1.5);
    out.matrix(`${blk}.attn_v`, width, kv, 1);
  }
  if (qkNorm) {
    out.vector(`${blk}.attn_q_norm.weight`, qkNorm === 'heads' ? headDim : q);
    out.vector(`${blk}.attn_k_norm.weight`, qkNorm === 'heads' ? headDim : kv);
  }
  out.matrix(`${blk}.attn_output`, q, width, 1);
  if (joint) out.matrix(`${blk}.ffn_up`, width, 2 * ffn, 1);
  else {
    out.matrix(`${blk}.ffn_gate`, width, ffn, 1);
    out.matrix(`${blk}.ffn_up`, width, ffn, 1);
  }
  out.matrix(`${blk}.ffn_down`, ffn, width, 1);
}

/** The 256 letters that stand for bytes in a byte-level vocabulary, in GPT-2's order. */
function byteAlphabet(): string[] {
  const plain = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173 && byte < 256);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const shown = bytes.filter(plain).map((byte) => String.fromCharCode(byte));
  return [...shown, ...bytes.filter((byte) => !plain(byte)).map((_, i) => String.fromCharCode(256 + i))];
}

/** Normally distributed numbers, always the same ones for a name. */
function gaussian(name: string): () => number {
  let state = 2166136261;
  for (const letter of name) state = Math.imul(state ^ letter.charCodeAt(0), 16777619);
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
