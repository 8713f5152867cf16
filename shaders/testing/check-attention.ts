/**
 * Runs attention over a paged cache of pseudo-random keys and values and compares it with the oracle.
 *
 * @module
 */
import { expect } from 'vitest';
import {
  attentionGrid,
  rowGroups,
  serialRows,
  tileShape,
  tokenShape,
  tokensPerTile,
} from '../attention/attention-shape.ts';
import { decodeCache, encodeCache } from '../attention/kv-elements.ref.ts';
import type { CacheShape } from '../attention/kv-layout.ref.ts';
import { type KvType, PAGE } from '../attention/kv-layout.ts';
import { mergeSplitsRef } from '../attention/merge-splits.ref.ts';
import { NO_WINDOW, pagedAttentionKernel } from '../attention/paged-attention.kernel.ts';
import type { PagedAttentionInput } from '../attention/paged-attention.ref.ts';
import { pagedAttentionSerialKernel } from '../attention/paged-attention-serial.kernel.ts';
import { batchWords } from './batch-words.ts';
import { expectClose } from './expect-close.ts';
import { noise } from './noise.ts';
import { runKernel } from './run-kernel.ts';

export interface CachedPart {
  /** Tokens already in the cache. */
  first: number;
  count: number;
}

export interface AttentionCase {
  kvType: KvType;
  heads: number;
  kvHeads: number;
  headDim: number;
  parts: readonly CachedPart[];
  window?: number;
  softcap?: number;
  /** Workgroups that share a sequence. Default 1. */
  splits?: number;
  /** Workgroups for tiles of several tokens, for tiles of one, or of the kernel for software adapters. Default: tile. */
  shape?: 'tile' | 'token' | 'serial';
}

/** One token, chunks, and lengths at the ends of pages and steps. */
export const RAGGED: readonly CachedPart[] = [
  { first: 0, count: 1 },
  { first: 40, count: 37 },
  { first: 63, count: 1 },
  { first: 64, count: 1 },
  { first: 0, count: 33 },
];

/** Every sequence's pages, dealt out in an order that is neither rising nor contiguous. */
export function dealPages(parts: readonly CachedPart[]): { pages: number[][]; total: number } {
  const counts = parts.map((p) => Math.ceil((p.first + p.count) / PAGE));
  const total = counts.reduce((a, b) => a + b) + 1;
  let next = total;
  const pages = counts.map((): number[] => []);
  for (let round = 0; pages.some((p, i) => p.length < counts[i]!); round++) {
    pages.forEach((p, i) => p.length < counts[i]! && p.push(--next));
  }
  return { pages, total };
}

function layOut(parts: readonly CachedPart[], perTile: number) {
  const { pages, total } = dealPages(parts);
  const tokens: { position: number; slot: number; sequence: number }[] = [];
  const tiles: { firstToken: number; tokens: number; sequence: number }[] = [];
  parts.forEach(({ first, count }, sequence) => {
    for (let i = 0; i < count; i += perTile) {
      tiles.push({ firstToken: tokens.length + i, tokens: Math.min(perTile, count - i), sequence });
    }
    for (let position = first; position < first + count; position++) {
      const slot = pages[sequence]![Math.floor(position / PAGE)]! * PAGE + (position % PAGE);
      tokens.push({ position, slot, sequence });
    }
  });
  return { tokens, tiles, pages, total };
}

export async function checkAttention(
  c: AttentionCase,
  ref: (input: PagedAttentionInput) => Float32Array,
  change?: (keys: Float32Array, cache: CacheShape) => void,
): Promise<void> {
  const { kvType, heads, kvHeads, headDim, window = NO_WINDOW, softcap = 0, splits = 1, shape = 'tile' } = c;
  const perTile = shape === 'token' ? 1 : tokensPerTile(heads, kvHeads);
  const { kernel, groups } = kernelOf(c, perTile);
  const { tokens, tiles, pages, total } = layOut(c.parts, perTile);
  const cache = { kvType, kvHeads, headDim, pages: total };
  const size = total * PAGE * kvHeads * headDim;
  const keys = noise(1, size, 2);
  change?.(keys, cache);
  const encodedKeys = encodeCache(cache, 'keys', keys);
  const encodedValues = encodeCache(cache, 'values', noise(2, size));
  const qkvStride = (heads + 2 * kvHeads) * headDim;
  const q = noise(3, tokens.length * qkvStride, 2);
  const scale = 1 / Math.sqrt(headDim);
  const rows = tokens.length * heads;
  const result = await runKernel({
    kernel,
    grid: attentionGrid({ tiles: tiles.length, kvHeads, rowGroups: groups, splits }),
    params: { heads, kv_heads: kvHeads, qkv_stride: qkvStride, scale, window, softcap, row_groups: groups },
    buffers: {
      batch: batchWords({ tokens, tiles, pages }),
      q,
      keys: new Uint8Array(encodedKeys),
      values: new Uint8Array(encodedValues),
      out: new Float32Array(rows * headDim + headDim),
      partials: new Float32Array(splits * rows * (headDim + 4)),
    },
  });
  const expected = ref({
    q,
    qkvStride,
    tokens,
    pages,
    heads,
    scale,
    window,
    softcap,
    cache,
    keys: decodeCache(cache, 'keys', encodedKeys),
    values: decodeCache(cache, 'values', encodedValues),
  });
  const direct = new Float32Array(result['out']!);
  const partials = new Float32Array(result['partials']!);
  const untouched = splits === 1 ? partials : direct;
  expect(untouched.every((v) => v === 0)).toBe(true);
  expectClose(
    splits === 1 ? direct.subarray(0, rows * headDim) : mergeSplitsRef(partials, rows, headDim),
    expected,
    5e-6,
  );
  expect(direct.subarray(rows * headDim).every((v) => v === 0)).toBe(true);
}

function kernelOf({ kvType, heads, kvHeads, headDim, softcap = 0, shape = 'tile' }: AttentionCase, perTile: number) {
  const head = { heads, kvHeads, headDim };
  const options = { kvType, headDim, softcap: softcap > 0 };
  if (shape === 'serial') {
    const kernel = pagedAttentionSerialKernel(options);
    return { kernel, groups: rowGroups({ rows: serialRows(headDim) }, head, perTile) };
  }
  const chosen = shape === 'token' ? tokenShape(head) : tileShape(head);
  return { kernel: pagedAttentionKernel({ ...options, shape: chosen }), groups: rowGroups(chosen, head, perTile) };
}
