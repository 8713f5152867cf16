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
import { ropeAppendGrid, ropeAppendKernel } from '../../shaders/rope/rope-append.kernel.ts';
import type { RopePairing, Rotation } from '../../shaders/rope/rotation.ts';
import type { Dims, Dispatch } from '../gpu/dispatch.ts';
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

export interface AttentionOptions {
  rope: RopeOptions;
  /** Scores are q · k times this. */
  scale: number;
  /** Positions that a token sees, itself included; 0: all. */
  window?: number;
  /** Scores are bent into ± this; 0: they are not. */
  softcap?: number;
  /** Names of the rotated queries and keys. */
  taps: { q: string; k: string };
}

/** What the dispatches of one layer's attention share. */
interface AttentionLayer {
  f: ForwardContext;
  qkv: Activation;
  head: HeadShape;
  rotation: Rotation;
  kernel: { kvType: KvType; headDim: number; softcap: boolean };
  buffers: Readonly<Record<string, GPUBuffer>>;
  params: Readonly<Record<string, number>>;
  work: Pick<Dispatch, 'bytes' | 'flops'>;
  window: number;
}

/**
 * Normalizes and rotates the queries and keys in `qkv` [T, (heads + 2 · kvHeads) · headDim, then anything], appends keys and values to
 * the layer's cache, and attends: out [T, heads · headDim] = causal attention over the cache, read through the page table. `qkv` is scratch:
 * what it holds afterwards is raw or rotated.
 */
export function attention(
  f: ForwardContext,
  qkv: Activation,
  layer: number,
  head: HeadShape,
  options: AttentionOptions,
  out: Activation,
): void {
  const { rope, scale, softcap = 0, taps } = options;
  const { heads, kvHeads, headDim } = head;
  const window = options.window || NO_WINDOW;
  const attended: AttentionLayer = {
    f,
    qkv,
    head,
    rotation: { pairing: rope.pairing, qkNorm: rope.qkNorm ? 'heads' : 'none' },
    kernel: { kvType: f.kvType, headDim, softcap: softcap > 0 },
    buffers: {
      q: qkv.buffer,
      qkv: qkv.buffer,
      ...f.cache(layer),
      table: f.ropeTable(rope.table),
      out: out.buffer,
      ...(rope.qkNorm ? { qk_weight: rope.qkNorm.weight } : {}),
    },
    params: {
      heads,
      kv_heads: kvHeads,
      qkv_stride: qkv.width,
      stride: qkv.width,
      scale,
      window,
      softcap,
      rope_dim: rope.dim,
      eps: rope.qkNorm?.epsilon ?? 0,
    },
    work: attentionWork(f.kvType, head, window),
    window,
  };
  const { software } = f.plan.gpu.adapter;
  ropeAppend(attended, taps, (dims) => (!software && takesRaw(dims) ? 0 : dims.tokens));
  if (software) serialAttention(attended);
  else splitAttention(attended);
}

/** Whether attention rotates and appends by itself: where no sequence has more than one token, and nobody looks at what is rotated. */
const takesRaw = ({ tokens, parts, tapped }: Dims) => parts === tokens && !tapped;

function ropeAppend(
  { f, qkv, head, rotation, buffers, params }: AttentionLayer,
  taps: AttentionOptions['taps'],
  rows: Dispatch['rows'],
): void {
  const { heads, kvHeads, headDim } = head;
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
        kernel: ropeAppendKernel({ kvType: f.kvType, headDim, ...rotation }),
        minRows: 1,
        grid: ({ tokens }) => ropeAppendGrid({ tokens, ...head }),
      },
    ],
    rows,
    buffers,
    params,
    taps: [tap(taps.q, 0, heads), tap(taps.k, heads, kvHeads)],
  });
}

function serialAttention({ f, head, kernel, buffers, params, work }: AttentionLayer): void {
  const { heads, kvHeads, headDim } = head;
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
    ...work,
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
function splitAttention({ f, head, rotation, kernel, buffers, params, work, window }: AttentionLayer): void {
  const { heads, kvHeads, headDim } = head;
  const one = { shape: tokenShape(head), tileTokens: 1, raw: rotation };
  const several = { shape: tileShape(head), tileTokens: tokensPerTile(heads, kvHeads) };
  const choose = (dims: Dims) => (takesRaw(dims) ? one : several);
  const splitsFor = ({ tiles, pages }: Dims, { shape, tileTokens }: typeof several) =>
    splitsOf(shape, head, { tileTokens, tiles, positions: pages * PAGE, window });
  const bytes = Math.max(partialBytes(one.shape, head), partialBytes(several.shape, head));
  const partials = f.plan.scratch('parts of attention', bytes);
  for (const each of [one, several]) {
    const { shape, tileTokens, ...raw } = each;
    const groups = rowGroups(shape, head, tileTokens);
    f.plan.dispatch({
      label: 'attention',
      variants: [
        {
          kernel: pagedAttentionKernel({ ...kernel, shape, ...raw }),
          minRows: 1,
          grid: (dims) =>
            attentionGrid({ tiles: dims.tiles, kvHeads, rowGroups: groups, splits: splitsFor(dims, each) }),
        },
      ],
      rows: (dims) => (choose(dims) === each ? dims.tokens : 0),
      buffers: { ...buffers, partials },
      params: { ...params, row_groups: groups },
      ...work,
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
    buffers: { ...buffers, partials },
    params,
  });
}
