/**
 * What the shapes of the matrix product share: bindings, weight decoding, epilogue.
 *
 * @module
 */
import type { Adapter, Fragment, Grid, Kernel } from '../kernel.ts';
import batch from '../lib/batch.wgsl?raw';
import chunk from '../lib/chunk.wgsl?raw';
import gelu from '../lib/gelu.wgsl?raw';
import integersOfX from '../lib/integers-of-x.wgsl?raw';
import silu from '../lib/silu.wgsl?raw';
import subgroupSum from '../lib/subgroup-sum.wgsl?raw';
import withBias from './bias.wgsl?raw';
import gated from './gated.wgsl?raw';
import glu from './glu.wgsl?raw';
import { loraFragments } from './lora.ts';
import matmul from './matmul.wgsl?raw';
import noBias from './no-bias.wgsl?raw';
import store from './store.wgsl?raw';
import xFloats from './x-floats.wgsl?raw';
import xIntegers from './x-integers.wgsl?raw';
import { integerFragments, weightFragments, weightName, type WeightType } from './weights.ts';

export type GluActivation = 'silu' | 'gelu';

export interface MatmulOptions {
  type: WeightType;
  /**
   * `glu`: the matrix's rows alternate between gate and up, y has half as many columns: activation(gate) · up.
   * `gated`: y holds the gates before and activation(gate) · product after.
   */
  epilogue: 'store' | 'glu' | 'gated';
  /** Of the gates. Default silu; gelu is its approximation by tanh, as in llama.cpp. */
  activation?: GluActivation;
  /** Adds a vector to the rows before anything else. Default false. */
  bias?: boolean;
  /** Adds what LoRA adapters make of x to the rows, before the bias. Default false. */
  lora?: boolean;
  /** K, a multiple of 32. */
  cols: number;
  /** Of W; what decides from how many tokens on a variant is the best. Default: so many that it does not matter. */
  rows?: number;
  /** Default: what every adapter has. On a CPU one lane of a vector unit computes whole rows, without workgroup memory. */
  adapter?: Adapter;
  /** Of one token's product, by name (`shapeName`). Default, also where there is none of that name: the one that is expected to be best. */
  shape?: string | undefined;
}

export interface MatmulVariant {
  kernel: Kernel;
  grid: (rows: number, tokens: number) => Grid;
  /** The fewest tokens from which this variant is the best. */
  minTokens: number;
}

const ACTIVATIONS: Record<GluActivation, Fragment> = {
  silu: { file: 'shaders/lib/silu.wgsl', text: silu },
  gelu: { file: 'shaders/lib/gelu.wgsl', text: gelu },
};

const X_FLOATS: Fragment = { file: 'shaders/matmul/x-floats.wgsl', text: xFloats };
/** x as `toIntegersKernel` writes it; the binding is named `integers`. */
export const X_INTEGERS: Fragment = { file: 'shaders/matmul/x-integers.wgsl', text: xIntegers };

const BIAS_BINDING = 6;

function epilogueFragments({ epilogue, activation = 'silu', bias = false, lora = false }: MatmulOptions): Fragment[] {
  const first = [
    ...loraFragments(lora ? BIAS_BINDING + (bias ? 1 : 0) : undefined),
    bias ? { file: 'shaders/matmul/bias.wgsl', text: withBias } : { file: 'shaders/matmul/no-bias.wgsl', text: noBias },
  ];
  if (epilogue === 'store') return [...first, { file: 'shaders/matmul/store.wgsl', text: store }];
  const gates = epilogue === 'glu' ? glu : gated;
  return [...first, ACTIVATIONS[activation], { file: `shaders/matmul/${epilogue}.wgsl`, text: gates }];
}

/**
 * Everything but the entry point.
 *
 * Bindings: 0 params, 1 batch, 2 x `[T, K]` f32 or {@link X_INTEGERS} (rows beyond T may be read, up to a multiple of 64), 3 quants,
 * 4 scales, 5 y `[T, y_stride]` f32 (written; gates before with `gated`), then `[rows]` f32 bias (only with `bias`), lora_b and lora_x
 * (only with `lora`: {@link loraFragments}). WebGPU promises no more than these eight beside the parameters.
 * Params: rows of W; blocks, units_per_row and scales_per_row (`weightLayout`); y_stride, floats; y_offset, the column of row 0;
 * first_row, the place of row 0 in bias and lora_b;
 * count_at, the word of the batch's header that holds T.
 */
export function matmulFragments(
  options: MatmulOptions,
  weights: readonly Fragment[] = [{ file: 'shaders/lib/chunk.wgsl', text: chunk }, ...weightFragments(options.type)],
  x: Fragment = X_FLOATS,
): Fragment[] {
  return [
    { file: 'shaders/lib/batch.wgsl', text: batch },
    { file: 'shaders/matmul/matmul.wgsl', text: matmul },
    x,
    ...weights,
    ...epilogueFragments(options),
  ];
}

export function matmulName(shape: string, options: MatmulOptions): string {
  const { type, epilogue, activation = 'silu', bias = false, lora = false } = options;
  return [
    shape,
    weightName(type),
    ...(epilogue === 'store' ? [] : [activation, epilogue]),
    ...(bias ? ['bias'] : []),
    ...(lora ? ['lora'] : []),
  ].join('-');
}

/** Threads that share `items` along K: the fewest that take one each, a power of two, at most a workgroup of 64. */
export function lanesFor(items: number): number {
  return Math.min(64, 2 ** Math.ceil(Math.log2(Math.max(1, items))));
}

/** What makes integers of activations. */
export const TO_INTEGERS: Fragment = { file: 'shaders/lib/integers-of-x.wgsl', text: integersOfX };

export interface IntegerOptions {
  /** In place of those that {@link matmulFragments} takes by itself; without {@link TO_INTEGERS}. */
  weights: readonly Fragment[];
  /** Threads, at most `lanes`, that surely are of one subgroup. */
  subgroup: number;
}

/** As many as `subgroup_sum` (lib/subgroup-sum.wgsl) adds up. */
const MOST_OF_SUBGROUP = 32;

/**
 * What the shapes in integers share, for `lanes` threads a row. None for types whose levels are not integers, nor on adapters
 * without dot4I8Packed or where four neighbours cannot exchange what they hold.
 */
export function integerOptions({ type, adapter }: MatmulOptions, lanes: number): IntegerOptions | undefined {
  const integers = integerFragments(type);
  if (!integers || !adapter?.packedDot || adapter.subgroupSize < 4) return undefined;
  return {
    weights: [...integers, { file: 'shaders/lib/subgroup-sum.wgsl', text: subgroupSum }],
    subgroup: Math.min(lanes, adapter.subgroupSize, MOST_OF_SUBGROUP),
  };
}
