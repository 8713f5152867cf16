/**
 * The shapes of models that people run in browsers, for benchmarks with random weights.
 *
 * @module
 */
import { GGML_TYPES, type GgmlType } from '../../engine/gguf/types.ts';
import { f32, type RandomModel } from '../fidelity/random-model.ts';
import type { VocabularySize } from './vocabulary.ts';

type Shape = Omit<RandomModel, 'type' | 'vocab' | 'vocabulary'> & { vocabulary: VocabularySize };

const SMOLLM_2 = { kind: 'bpe', pre: 'smollm', tokens: 49_152, merges: 48_900 } as const;
const QWEN_2 = { kind: 'bpe', pre: 'qwen2', tokens: 151_936, merges: 151_387 } as const;
const LLAMA_3 = { kind: 'bpe', pre: 'llama-bpe', tokens: 128_256, merges: 280_147 } as const;

const LLAMA_3_ROPE = { ropeFactors: 'one', more: { 'rope.freq_base': f32(5e5) } } as const;
const GEMMA_3 = {
  architecture: 'gemma3',
  headDim: 256,
  heads: 4,
  kvHeads: 1,
  vocabulary: { kind: 'spm', tokens: 262_144 },
  context: 32_768,
  embeddingGain: 1,
  tied: true,
  qkNorm: 'heads',
  norms: 'both',
  more: { 'attention.sliding_window': 512, 'rope.freq_base': f32(1e6) },
} as const;

export const MODELS = {
  'smollm2-135m': {
    architecture: 'llama',
    layers: 30,
    width: 576,
    heads: 9,
    kvHeads: 3,
    headDim: 64,
    ffn: 1536,
    vocabulary: SMOLLM_2,
    context: 8192,
    tied: true,
    more: { 'rope.freq_base': f32(1e5) },
  },
  'qwen2.5-0.5b': {
    architecture: 'qwen2',
    layers: 24,
    width: 896,
    heads: 14,
    kvHeads: 2,
    headDim: 64,
    ffn: 4864,
    vocabulary: QWEN_2,
    context: 32_768,
    tied: true,
    biases: ['attn_q', 'attn_k', 'attn_v'],
    more: { 'rope.freq_base': f32(1e6) },
  },
  'qwen3-0.6b': {
    architecture: 'qwen3',
    layers: 28,
    width: 1024,
    heads: 16,
    kvHeads: 8,
    headDim: 128,
    ffn: 3072,
    vocabulary: QWEN_2,
    context: 40_960,
    tied: true,
    qkNorm: 'heads',
    more: { 'rope.freq_base': f32(1e6) },
  },
  'gemma3-270m': { ...GEMMA_3, layers: 18, width: 640, ffn: 2048 },
  'gemma3-1b': { ...GEMMA_3, layers: 26, width: 1152, ffn: 6912 },
  'llama3.2-1b': {
    architecture: 'llama',
    layers: 16,
    width: 2048,
    heads: 32,
    kvHeads: 8,
    headDim: 64,
    ffn: 8192,
    vocabulary: LLAMA_3,
    context: 131_072,
    tied: true,
    ...LLAMA_3_ROPE,
  },
  'llama3.2-3b': {
    architecture: 'llama',
    layers: 28,
    width: 3072,
    heads: 24,
    kvHeads: 8,
    headDim: 128,
    ffn: 8192,
    vocabulary: LLAMA_3,
    context: 131_072,
    tied: true,
    ...LLAMA_3_ROPE,
  },
  'phi3-mini': {
    architecture: 'phi3',
    layers: 32,
    width: 3072,
    heads: 32,
    kvHeads: 32,
    headDim: 96,
    ffn: 8192,
    vocabulary: { kind: 'spm', tokens: 32_064 },
    context: 4096,
    joint: true,
    more: { 'attention.sliding_window': 2047, 'rope.scaling.original_context_length': 4096 },
  },
  'llama3.1-8b': {
    architecture: 'llama',
    layers: 32,
    width: 4096,
    heads: 32,
    kvHeads: 8,
    headDim: 128,
    ffn: 14_336,
    vocabulary: LLAMA_3,
    context: 131_072,
    ...LLAMA_3_ROPE,
  },
} as const satisfies Record<string, Shape>;

export type ModelName = keyof typeof MODELS;

export function shapeOf(name: ModelName): Shape {
  return MODELS[name];
}

export interface MatrixShape {
  name: 'qkv' | 'attention output' | 'gate and up' | 'down' | 'head';
  rows: number;
  cols: number;
  /** Gate and up in turns: half as many results. */
  glu: boolean;
}

/** The products of one layer, as the forward has them, and that with the vocabulary. */
export function matricesOf({ width, heads, kvHeads, headDim, ffn, vocabulary }: Shape): MatrixShape[] {
  return [
    { name: 'qkv', rows: (heads + 2 * kvHeads) * headDim, cols: width, glu: false },
    { name: 'attention output', rows: width, cols: heads * headDim, glu: false },
    { name: 'gate and up', rows: 2 * ffn, cols: width, glu: true },
    { name: 'down', rows: width, cols: ffn, glu: false },
    { name: 'head', rows: vocabulary.tokens, cols: width, glu: false },
  ];
}

/** Types in blocks of 256 do not fit every row: what llama-quantize takes instead. */
const FALLBACK: Partial<Record<GgmlType, GgmlType>> = {
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
  IQ4_XS: 'IQ4_NL',
};

export function fitting(type: GgmlType, cols: number): GgmlType {
  return cols % GGML_TYPES[type].blockElements === 0 ? type : (FALLBACK[type] ?? 'F16');
}

/** A mix as llama-quantize makes it, or one type for every matrix. */
export function typeRule(name: ModelName, mix: string): (tensor: string) => GgmlType {
  const { width, ffn, heads, headDim, layers, tied } = shapeOf(name);
  const colsOf = (tensor: string) =>
    tensor.endsWith('ffn_down') ? ffn : tensor.endsWith('attn_output') ? heads * headDim : width;
  const base = mix === 'Q4_K_M' ? 'Q4_K' : mix === 'Q5_K_M' ? 'Q5_K' : mix;
  if (!Object.hasOwn(GGML_TYPES, base)) {
    throw new Error(`There is no type ${mix}: give Q4_0, Q8_0, Q4_K_M or another type of GGUF files.`);
  }
  const better = (layer: number) =>
    layer < layers >> 3 || layer >= (7 * layers) >> 3 || (layer - (layers >> 3)) % 3 === 2;
  return (tensor) => {
    const layer = Number(/^blk\.(\d+)/.exec(tensor)?.[1] ?? 0);
    const isHead = tensor === 'output' || (tensor === 'token_embd' && tied === true);
    const often = /attn_v|attn_qkv|ffn_down/.test(tensor) && better(layer);
    const upgraded = mix !== base && (isHead || often);
    return fitting(upgraded ? 'Q6_K' : (base as GgmlType), colsOf(tensor));
  };
}
