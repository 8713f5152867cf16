/**
 * Rotary positions, the paged cache, and attention over it.
 *
 * @module
 */
import {
  attentionGrid,
  type AttentionShape,
  partialBytes,
  rowGroups,
  splitsOf,
  tileShape,
  tokenShape,
  tokensPerTile,
} from '../../shaders/attention/attention-shape.ts';
import { PAGE } from '../../shaders/attention/kv-layout.ts';
import { mergeSplitsGrid, mergeSplitsKernel } from '../../shaders/attention/merge-splits.kernel.ts';
import { NO_WINDOW, pagedAttentionKernel } from '../../shaders/attention/paged-attention.kernel.ts';
import { ropeAppendGrid, ropeAppendKernel, type RopePairing } from '../../shaders/rope/rope-append.kernel.ts';
import type { Dims } from '../gpu/plan.ts';
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

/**
 * out [T, heads · headDim] = causal attention of the queries in `qkv` over the cache, read through the page table. One shape of workgroups
 * serves a token of each sequence, another several of one; where the sequences are long and few, several workgroups share each, and a
 * second dispatch puts together what they found.
 */
export function attention(
  f: ForwardContext,
  qkv: Activation,
  layer: number,
  head: HeadShape,
  { scale, window = 0, softcap = 0 }: AttentionOptions,
  out: Activation,
): void {
  const { heads, kvHeads, headDim } = head;
  const { adapter } = f.plan.gpu;
  const seen = window || NO_WINDOW;
  const perToken = tokenShape(head, adapter);
  const perTile = tileShape(head, adapter);
  const bytes = adapter.software ? 16 : Math.max(partialBytes(perToken, head), partialBytes(perTile, head));
  const partials = f.plan.scratch('parts of attention', bytes);
  const isPerToken = (dims: Dims) => dims.tiles === dims.tokens;
  const splits = (dims: Dims) => {
    const [shape, tileTokens] = isPerToken(dims) ? [perToken, 1] : [perTile, tokensPerTile(heads, kvHeads)];
    if (adapter.software) return 1;
    return splitsOf(shape, head, { tileTokens, tiles: dims.tiles, positions: dims.pages * PAGE, window: seen });
  };
  const dispatch = (shape: AttentionShape, tileTokens: number, applies: (dims: Dims) => boolean) => {
    const groups = rowGroups(shape, head, tileTokens);
    f.plan.dispatch({
      label: 'attention',
      variants: [
        {
          kernel: pagedAttentionKernel({ kvType: f.kvType, headDim, softcap: softcap > 0, shape }),
          minRows: 1,
          grid: (dims) => attentionGrid({ tiles: dims.tiles, kvHeads, rowGroups: groups, splits: splits(dims) }),
        },
      ],
      rows: (dims) => (applies(dims) ? dims.tokens : 0),
      buffers: { q: qkv.buffer, ...f.cache(layer), out: out.buffer, partials },
      params: {
        heads,
        kv_heads: kvHeads,
        scale,
        qkv_stride: qkv.width,
        window: seen,
        softcap,
        row_groups: groups,
      },
    });
  };
  dispatch(perToken, 1, isPerToken);
  dispatch(perTile, tokensPerTile(heads, kvHeads), (dims) => !isPerToken(dims));
  if (adapter.software) return;
  f.plan.dispatch({
    label: 'attention-merge',
    variants: [
      {
        kernel: mergeSplitsKernel({ headDim }),
        minRows: 1,
        grid: ({ tokens }) => mergeSplitsGrid({ tokens, heads }),
      },
    ],
    rows: (dims) => (splits(dims) > 1 ? dims.tokens : 0),
    buffers: { partials, out: out.buffer },
    params: { heads },
  });
}
