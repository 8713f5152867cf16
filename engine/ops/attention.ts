/**
 * Rotary positions, the paged cache, and attention over it.
 *
 * @module
 */
import {
  attentionGrid,
  type HeadShape,
  partialBytes,
  rowGroups,
  serialRows,
  splitsOf,
  tileShape,
  tokenShape,
  tokensPerTile,
} from '../../shaders/attention/attention-shape.ts';
import { kvLayout, type KvType, PAGE } from '../../shaders/attention/kv-layout.ts';
import { mergeSplitsGrid, mergeSplitsKernel } from '../../shaders/attention/merge-splits.kernel.ts';
import { NO_WINDOW, pagedAttentionKernel } from '../../shaders/attention/paged-attention.kernel.ts';
import { pagedAttentionSerialKernel } from '../../shaders/attention/paged-attention-serial.kernel.ts';
import { ropeAppendGrid, ropeAppendKernel, type RopePairing } from '../../shaders/rope/rope-append.kernel.ts';
import type { Dims } from '../gpu/plan.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

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
  head: HeadShape,
  { scale, window = 0, softcap = 0 }: AttentionOptions,
  out: Activation,
): void {
  const { heads, kvHeads, headDim } = head;
  const kernel = { kvType: f.kvType, headDim, softcap: softcap > 0 };
  const buffers = { q: qkv.buffer, ...f.cache(layer), out: out.buffer };
  const params = { heads, kv_heads: kvHeads, scale, qkv_stride: qkv.width, window: window || NO_WINDOW, softcap };
  if (!f.plan.gpu.adapter.software) return splitAttention(f, head, kernel, buffers, params);
  const groups = rowGroups({ rows: serialRows(headDim) }, head, tokensPerTile(heads, kvHeads));
  f.plan.dispatch({
    label: 'attention',
    variants: [
      {
        kernel: pagedAttentionSerialKernel(kernel),
        minRows: 1,
        grid: ({ tiles }) => attentionGrid({ tiles, kvHeads, rowGroups: groups, splits: 1 }),
      },
    ],
    rows: countRows('tokens'),
    buffers,
    params,
    ...attentionWork(f.kvType, head, params.window),
  });
}

/** For the profiler: keys and values once for each sequence, queries, results; two products for each position that a token sees. */
function attentionWork(kvType: KvType, { heads, kvHeads, headDim }: HeadShape, window: number) {
  const { keyBytes, valueBytes } = kvLayout({ kvType, kvHeads, headDim, pages: 1 });
  return {
    bytes: ({ tokens, parts, pages }: Dims) =>
      (parts * Math.min(pages * PAGE, window + tokens) * (keyBytes + valueBytes)) / PAGE + tokens * heads * headDim * 8,
    flops: ({ tokens, parts, pages }: Dims) =>
      4 * heads * headDim * tokens * Math.min(window, pages * PAGE - (tokens / parts - 1) / 2),
  };
}

/**
 * One shape of workgroups serves a token of each sequence, another several of one. Where the sequences are long and few, several
 * workgroups share each, and another dispatch puts together what they found.
 */
function splitAttention(
  f: ForwardContext,
  head: HeadShape,
  kernel: { kvType: KvType; headDim: number; softcap: boolean },
  buffers: { q: GPUBuffer; keys: GPUBuffer; values: GPUBuffer; out: GPUBuffer },
  params: { heads: number; window: number; [name: string]: number },
): void {
  const { heads, kvHeads, headDim } = head;
  const shapes = [
    { shape: tokenShape(head), tileTokens: 1 },
    { shape: tileShape(head), tileTokens: tokensPerTile(heads, kvHeads) },
  ] as const;
  const choose = ({ tiles, tokens }: Dims) => shapes[tiles === tokens ? 0 : 1];
  const splitsFor = ({ tiles, pages }: Dims, { shape, tileTokens }: (typeof shapes)[number]) =>
    splitsOf(shape, head, { tileTokens, tiles, positions: pages * PAGE, window: params.window });
  const bytes = Math.max(...shapes.map(({ shape }) => partialBytes(shape, head)));
  const partials = f.plan.scratch('parts of attention', bytes);
  for (const each of shapes) {
    const { shape, tileTokens } = each;
    const groups = rowGroups(shape, head, tileTokens);
    f.plan.dispatch({
      label: 'attention',
      variants: [
        {
          kernel: pagedAttentionKernel({ ...kernel, shape }),
          minRows: 1,
          grid: (dims) =>
            attentionGrid({ tiles: dims.tiles, kvHeads, rowGroups: groups, splits: splitsFor(dims, each) }),
        },
      ],
      rows: (dims) => (choose(dims) === each ? dims.tokens : 0),
      buffers: { ...buffers, partials },
      params: { ...params, row_groups: groups },
      ...attentionWork(kernel.kvType, head, params.window),
    });
  }
  f.plan.dispatch({
    label: 'attention-merge',
    variants: [
      {
        kernel: mergeSplitsKernel({ headDim }),
        minRows: 1,
        grid: ({ tokens }) => mergeSplitsGrid({ tokens, heads }),
      },
    ],
    rows: (dims) => (splitsFor(dims, choose(dims)) > 1 ? dims.tokens : 0),
    buffers: { partials, out: buffers.out },
    params: { heads },
  });
}
