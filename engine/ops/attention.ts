/**
 * Rotary positions, the paged cache, and attention over it.
 *
 * @module
 */
import { pagedAttentionGrid, pagedAttentionKernel } from '../../shaders/attention/paged-attention.kernel.ts';
import { type RopePairing, ropeAppendGrid, ropeAppendKernel } from '../../shaders/rope/rope-append.kernel.ts';
import { type Activation, countRows, type ForwardContext } from './context.ts';

/** How a layer's attention is divided: heads · headDim queries, kvHeads · headDim keys and values. */
export interface HeadShape {
  heads: number;
  kvHeads: number;
  headDim: number;
}

/**
 * Rotates the queries and keys in `qkv` [T, (heads + 2 · kvHeads) · headDim] in place and appends rotated keys and the
 * values to the layer's cache.
 */
export function ropeAppend(
  f: ForwardContext,
  qkv: Activation,
  layer: number,
  shape: HeadShape,
  rope: { pairing: RopePairing; dim: number },
  taps: { q: string; k: string },
): void {
  const { heads, kvHeads, headDim } = shape;
  const { keys, values } = f.cache[layer]!;
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
        kernel: ropeAppendKernel({ pairing: rope.pairing, kvType: f.kvType, headDim }),
        minRows: 1,
        grid: ({ tokens }) => ropeAppendGrid({ tokens, heads, kvHeads, headDim }),
      },
    ],
    rows: countRows('tokens'),
    buffers: { qkv: qkv.buffer, table: f.ropeTable, keys, values },
    params: { heads, kv_heads: kvHeads, rope_dim: rope.dim },
    taps: [tap(taps.q, 0, heads), tap(taps.k, heads, kvHeads)],
  });
}

/** out [T, heads · headDim] = causal attention of the queries in `qkv` over the cache, read through the page table. */
export function attention(
  f: ForwardContext,
  qkv: Activation,
  layer: number,
  shape: HeadShape,
  scale: number,
  out: Activation,
): void {
  const { heads, kvHeads, headDim } = shape;
  const { keys, values } = f.cache[layer]!;
  f.plan.dispatch({
    label: 'attention',
    variants: [
      {
        kernel: pagedAttentionKernel({ kvType: f.kvType, headDim }),
        minRows: 1,
        grid: ({ tiles }) => pagedAttentionGrid({ tiles, heads, kvHeads, headDim }),
      },
    ],
    rows: countRows('tokens'),
    buffers: { q: qkv.buffer, keys, values, out: out.buffer },
    params: { heads, kv_heads: kvHeads, scale, qkv_stride: qkv.width },
  });
}
