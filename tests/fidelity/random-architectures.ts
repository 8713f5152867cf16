/**
 * A small random model of each architecture, with everything the architecture has that others have not.
 *
 * @module
 */
import { f32, type RandomModel } from './random-model.ts';

/** Rows of 256 columns suit every element type. */
const SHAPE = { layers: 2, width: 256, heads: 4, kvHeads: 2, headDim: 64, ffn: 256 };

export const RANDOM_ARCHITECTURES: Readonly<Record<string, Omit<RandomModel, 'type'>>> = {
  llama: { architecture: 'llama', ...SHAPE, more: { 'rope.freq_base': f32(5e5) }, ropeFactors: 'one' },
  'llama-yarn': {
    architecture: 'llama',
    ...SHAPE,
    kvHeads: 1,
    context: 2048,
    tied: true,
    biases: ['attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_gate', 'ffn_up', 'ffn_down'],
    more: {
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': f32(8),
      'rope.scaling.original_context_length': 256,
    },
  },
  // As Mistral Nemo: heads that are narrower than the residual stream divided by their number.
  'llama-mistral': {
    architecture: 'llama',
    ...SHAPE,
    headDim: 32,
    heads: 8,
    kvHeads: 2,
    more: { 'rope.freq_base': f32(1e6) },
  },
  qwen2: {
    architecture: 'qwen2',
    ...SHAPE,
    tied: true,
    biases: ['attn_q', 'attn_k', 'attn_v'],
    more: { 'rope.freq_base': f32(1e6) },
  },
  qwen3: {
    architecture: 'qwen3',
    ...SHAPE,
    headDim: 128,
    tied: true,
    qkNorm: 'heads',
    more: { 'rope.freq_base': f32(1e6) },
  },
  gemma2: {
    architecture: 'gemma2',
    ...SHAPE,
    embeddingGain: 1,
    headDim: 128,
    tied: true,
    norms: 'both',
    more: {
      'attention.sliding_window': 48,
      attn_logit_softcapping: f32(5),
      final_logit_softcapping: f32(8),
    },
  },
  gemma3: {
    architecture: 'gemma3',
    ...SHAPE,
    embeddingGain: 1,
    layers: 3,
    headDim: 256,
    heads: 2,
    kvHeads: 1,
    tied: true,
    qkNorm: 'heads',
    norms: 'both',
    more: {
      'attention.sliding_window': 40,
      'attention.sliding_window_pattern': 3,
      'rope.freq_base': f32(1e6),
      'rope.scaling.type': 'linear',
      'rope.scaling.factor': f32(8),
    },
  },
  phi3: {
    architecture: 'phi3',
    ...SHAPE,
    heads: 4,
    kvHeads: 4,
    context: 1024,
    joint: true,
    ropeFactors: 'two',
    more: {
      'rope.scaling.type': 'longrope',
      'rope.scaling.original_context_length': 512,
      'rope.scaling.attn_factor': f32(1.19),
      'attention.sliding_window': 100,
    },
  },
  smollm3: { architecture: 'smollm3', ...SHAPE, layers: 4, tied: true, more: { 'rope.freq_base': f32(5e6) } },
  granite: {
    architecture: 'granite',
    ...SHAPE,
    embeddingGain: 0.5,
    more: {
      embedding_scale: f32(12),
      residual_scale: f32(0.22),
      'attention.scale': f32(0.1),
      logit_scale: f32(2),
    },
  },
  olmo2: { architecture: 'olmo2', ...SHAPE, heads: 4, kvHeads: 4, qkNorm: 'rows', norms: 'after' },
  // As OLMo 3: windows, and YaRN only where there is none.
  'olmo2-windows': {
    architecture: 'olmo2',
    ...SHAPE,
    layers: 4,
    context: 1024,
    qkNorm: 'rows',
    norms: 'after',
    more: {
      'attention.sliding_window': 33,
      'rope.scaling.type': 'yarn',
      'rope.scaling.factor': f32(4),
      'rope.scaling.original_context_length': 256,
    },
  },
  qwen35: {
    architecture: 'qwen35',
    ...SHAPE,
    layers: 4,
    headDim: 128,
    tied: true,
    delta: { keyHeads: 2, valueHeads: 4, headDim: 64, taps: 4, interval: 4 },
    more: {
      'rope.freq_base': f32(1e7),
      'rope.dimension_count': 32,
      'rope.dimension_sections': Int32Array.of(6, 5, 5, 0),
      'ssm.conv_kernel': 4,
      'ssm.state_size': 64,
      'ssm.group_count': 2,
      'ssm.time_step_rank': 4,
      'ssm.inner_size': 256,
      full_attention_interval: 4,
    },
  },
};
