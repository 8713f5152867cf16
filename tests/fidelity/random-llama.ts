/**
 * Small models of the `llama` architecture with random weights: shapes and element types that Pocket has not.
 *
 * @module
 */
import { join } from 'node:path';
import type { GgmlType } from '../../engine/gguf/types.ts';
import { writeGguf, type WriterTensor, type WriterValue } from '../gguf-writer.ts';
import { quantize } from '../quantize.ts';
import { CACHE, cacheFile } from './twin.ts';

export interface RandomLlama {
  type: GgmlType;
  layers: number;
  width: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ffn: number;
  /** Without an output matrix of its own, the embedding serves. */
  tied?: boolean;
  ropeBase?: number;
  /** Linear scaling: positions are divided by it. */
  ropeScale?: number;
  /** Whether each frequency has a divisor of its own (Llama 3.1). */
  ropeFactors?: boolean;
}

const CONTEXT = 512;
const MERGES = ['t h', 'h e', 'i n', 'Ġ t', 'Ġt he'];
const END = '<|endoftext|>';

/** Writes the model's file, the same each time, and returns its path. */
export function randomLlama(name: string, model: RandomLlama): string {
  const path = join(CACHE, `random-${name}.gguf`);
  const tokens = [...byteAlphabet(), ...MERGES.map((merge) => merge.replace(' ', '')), END];
  cacheFile(path, writeGguf({ metadata: metadata(name, model, tokens), tensors: tensors(name, model, tokens.length) }));
  return path;
}

function metadata(name: string, model: RandomLlama, tokens: readonly string[]): Record<string, WriterValue> {
  const f32 = (value: number): WriterValue => ({ type: 'float32', value });
  const endId = tokens.length - 1;
  return {
    'general.architecture': 'llama',
    'general.name': name,
    'llama.block_count': model.layers,
    'llama.context_length': CONTEXT,
    'llama.embedding_length': model.width,
    'llama.feed_forward_length': model.ffn,
    'llama.attention.head_count': model.heads,
    'llama.attention.head_count_kv': model.kvHeads,
    'llama.attention.key_length': model.headDim,
    'llama.attention.value_length': model.headDim,
    'llama.attention.layer_norm_rms_epsilon': f32(1e-5),
    'llama.rope.dimension_count': model.headDim,
    'llama.rope.freq_base': f32(model.ropeBase ?? 10_000),
    ...(model.ropeScale
      ? { 'llama.rope.scaling.type': 'linear', 'llama.rope.scaling.factor': f32(model.ropeScale) }
      : {}),
    'llama.vocab_size': tokens.length,
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': 'gpt-2',
    'tokenizer.ggml.tokens': tokens,
    'tokenizer.ggml.token_type': Int32Array.from(tokens, (token) => (token === END ? 3 : 1)),
    'tokenizer.ggml.merges': MERGES,
    'tokenizer.ggml.bos_token_id': endId,
    'tokenizer.ggml.eos_token_id': endId,
    'tokenizer.ggml.add_bos_token': false,
  };
}

function tensors(name: string, model: RandomLlama, vocab: number): WriterTensor[] {
  const { type, width, heads, kvHeads, headDim, ffn } = model;
  const random = gaussian(name);
  const values = (count: number, mean: number, sigma: number) =>
    Float32Array.from({ length: count }, () => mean + sigma * random());
  const vector = (tensor: string, size: number): WriterTensor => ({
    name: tensor,
    type: 'F32',
    shape: [size],
    data: quantize('F32', values(size, 1, 0.1)),
  });
  /** `gain` times as large as what goes in, on the average. */
  const matrix = (tensor: string, cols: number, rows: number, gain: number): WriterTensor => ({
    name: tensor,
    type,
    shape: [cols, rows],
    data: quantize(type, values(rows * cols, 0, gain / Math.sqrt(cols))),
  });
  const list = [matrix('token_embd.weight', width, vocab, 4), vector('output_norm.weight', width)];
  if (!model.tied) list.push(matrix('output.weight', width, vocab, 4));
  if (model.ropeFactors) {
    const factors = Float32Array.from({ length: headDim / 2 }, (_, i) => (i < headDim / 4 ? 1 : 1 + i / 4));
    list.push({ name: 'rope_freqs.weight', type: 'F32', shape: [headDim / 2], data: quantize('F32', factors) });
  }
  for (let i = 0; i < model.layers; i++) {
    const blk = `blk.${i}`;
    list.push(
      vector(`${blk}.attn_norm.weight`, width),
      matrix(`${blk}.attn_q.weight`, width, heads * headDim, 1.5),
      matrix(`${blk}.attn_k.weight`, width, kvHeads * headDim, 1.5),
      matrix(`${blk}.attn_v.weight`, width, kvHeads * headDim, 1),
      matrix(`${blk}.attn_output.weight`, heads * headDim, width, 1),
      vector(`${blk}.ffn_norm.weight`, width),
      matrix(`${blk}.ffn_gate.weight`, width, ffn, 1),
      matrix(`${blk}.ffn_up.weight`, width, ffn, 1),
      matrix(`${blk}.ffn_down.weight`, ffn, width, 1),
    );
  }
  return list;
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
