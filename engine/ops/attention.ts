/**
 * Rotary positions, the paged cache, and attention over it.
 *
 * @module
 */
import { NO_WINDOW, pagedAttentionGrid, pagedAttentionKernel } from '../../shaders/attention/paged-attention.kernel.ts';
import { ropeAppendGrid, ropeAppendKernel, type RopePairing } from '../../shaders/rope/rope-append.kernel.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

/** How a layer's attention is divided: heads · headDim queries, kvHeads · headDim keys and values. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

export interface RopeOptions {
  pairing: RopePairing;
  /** Name of the table (`Hyperparameters.ropes`). */
  table: string;
  /** Dimensions that rotate; 0: none do. */
  dim: number;
  /** RMSNorm of each query and key head before the rotation; weight [2, headDim]: of queries, of keys. */
  qkNorm?: { weight: GPUBuffer; epsilon: number };
}

/**
 * Normalizes and rotates the queries and keys in `qkv` [T, (heads + 2 · kvHeads) · headDim, then anything] in place and appends keys
 * and values to the layer's cache.
 */
export function ropeAppend(
  f: ForwardContext,
  qkv: Activation,
  layer: number,
  shape: HeadShape,
  rope: RopeOptions,
  taps: { q: string; k: string },
): void {
  const { heads, kvHeads, headDim } = shape;
  const { keys, values } = f.cache(layer);
  const { qkNorm } = rope;
  const tap = (name: string, first: number, count: number) => ({
    name,
    buffer: qkv.buffer,
    stride: qkv.width,
    columns: [first * headDim, count * headDim] as const,
    rows: 'tokens' as const,
  });
  f.plan.dispatch({
    label: 'rope-append',
    variants: [
      {
        kernel: ropeAppendKernel({
          pairing: rope.pairing,
          kvType: f.kvType,
          headDim,
          qkNorm: qkNorm ? 'heads' : 'none',
        }),
        minRows: 1,
        grid: ({ tokens }) => ropeAppendGrid({ tokens, heads, kvHeads, headDim }),
      },
    ],
    rows: countRows('tokens'),
    buffers: {
      qkv: qkv.buffer,
      table: f.ropeTable(rope.table),
      keys,
      values,
      ...(qkNorm ? { qk_weight: qkNorm.weight } : {}),
    },
    params: { heads, kv_heads: kvHeads, rope_dim: rope.dim, stride: qkv.width, eps: qkNorm?.epsilon ?? 0 },
    taps: [tap(taps.q, 0, heads), tap(taps.k, heads, kvHeads)],
  });
}

export interface AttentionOptions {
  /** Scores are q · k times this. */
  scale: number;
  /** Positions that a token sees, itself included; 0: all. */
  window?: number;
  /** Scores are bent into ± this; 0: they are not. */
  softcap?: number;
}

/** out [T, heads · headDim] = causal attention of the queries in `qkv` over the cache, read through the page table. */
export function attention(
  f: ForwardContext,
  qkv: Activation,
  layer: number,
  shape: HeadShape,
  { scale, window = 0, softcap = 0 }: AttentionOptions,
  out: Activation,
): void {
  const { heads, kvHeads, headDim } = shape;
  const { keys, values } = f.cache(layer);
  f.plan.dispatch({
    label: 'attention',
    variants: [
      {
        kernel: pagedAttentionKernel({ kvType: f.kvType, headDim, softcap: softcap > 0 }),
        minRows: 1,
        grid: ({ tiles }) => pagedAttentionGrid({ tiles, heads, kvHeads, headDim }),
      },
    ],
    rows: countRows('tokens'),
    buffers: { q: qkv.buffer, keys, values, out: out.buffer },
    params: { heads, kv_heads: kvHeads, scale, qkv_stride: qkv.width, window: window || NO_WINDOW, softcap },
  });
}
