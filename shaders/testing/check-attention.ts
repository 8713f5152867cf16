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
import { type CacheShape, keyIndex, valueIndex } from '../attention/kv-layout.ref.ts';
import { type KvType, PAGE } from '../attention/kv-layout.ts';
import { mergeSplitsRef } from '../attention/merge-splits.ref.ts';
import { NO_WINDOW, pagedAttentionKernel } from '../attention/paged-attention.kernel.ts';
import type { PagedAttentionInput } from '../attention/paged-attention.ref.ts';
import { pagedAttentionSerialKernel } from '../attention/paged-attention-serial.kernel.ts';
import { ropeAppendRef } from '../rope/rope-append.ref.ts';
import type { Rotation } from '../rope/rotation.ts';
import { batchWords } from './batch-words.ts';
import { expectCached } from './expect-cached.ts';
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
  /**
   * Workgroups for tiles of several tokens, for sequences of one token, which rotate and append by themselves, or of the kernel for
   * software adapters. Default: tile.
   */
  shape?: 'tile' | 'token' | 'serial';
  /** Of shape token. Default: all dimensions, in halves, without a norm. */
  rotation?: Rotation & { ropeDim: number };
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
  const encoded = fill(c, cache, tokens, change);
  const qkvStride = (heads + 2 * kvHeads) * headDim + (shape === 'token' ? 4 : 0);
  const q = noise(3, tokens.length * qkvStride, 2);
  const rotation = rotationOf(c);
  const scale = 1 / Math.sqrt(headDim);
  const rows = tokens.length * heads;
  const result = await runKernel({
    kernel,
    grid: attentionGrid({ tiles: tiles.length, kvHeads, rowGroups: groups, splits }),
    params: {
      heads,
      kv_heads: kvHeads,
      qkv_stride: qkvStride,
      scale,
      window,
      softcap,
      row_groups: groups,
      rope_dim: rotation.ropeDim,
      eps: rotation.norm.eps,
    },
    buffers: {
      batch: batchWords({ tokens, tiles, pages }),
      q,
      table: rotation.table,
      qk_weight: rotation.norm.weight,
      keys: new Uint8Array(encoded.keys),
      values: new Uint8Array(encoded.values),
      out: new Float32Array(rows * headDim + headDim),
      partials: new Float32Array(splits * rows * (headDim + 4)),
    },
  });
  const decoded = {
    keys: decodeCache(cache, 'keys', encoded.keys),
    values: decodeCache(cache, 'values', encoded.values),
  };
  const { norm, qkNorm, ...turn } = rotation;
  const appended = { qkv: q, tokens, heads, stride: qkvStride, cache, ...turn, ...decoded };
  const rotated = shape === 'token' ? ropeAppendRef(qkNorm === 'heads' ? { ...appended, norm } : appended) : q;
  const expected = ref({ q: rotated, qkvStride, tokens, pages, heads, scale, window, softcap, cache, ...decoded });
  expectOutputs(result, { rows, headDim, splits }, expected);
  if (shape !== 'token') return;
  expectCached(cache, 'keys', result['keys']!, decoded.keys);
  expectCached(cache, 'values', result['values']!, decoded.values);
}

/** Of one split, or of several, whose outputs are to be merged. */
function expectOutputs(
  result: Record<string, ArrayBuffer>,
  { rows, headDim, splits }: { rows: number; headDim: number; splits: number },
  expected: Float32Array,
): void {
  const direct = new Float32Array(result['out']!);
  const partials = new Float32Array(result['partials']!);
  const untouched = splits === 1 ? partials : direct;
  expect(untouched.every((v) => v === 0)).toBe(true);
  const outputs = splits === 1 ? direct.subarray(0, rows * headDim) : mergeSplitsRef(partials, rows, headDim);
  expectClose(outputs, expected, 5e-6);
  expect(direct.subarray(rows * headDim).every((v) => v === 0)).toBe(true);
}

/** The cache before the kernel runs. What it appends itself must not be read there: nobody may have that in a sum. */
function fill(
  { shape }: AttentionCase,
  cache: CacheShape,
  tokens: readonly { slot: number }[],
  change?: (keys: Float32Array, cache: CacheShape) => void,
): Record<'keys' | 'values', ArrayBuffer> {
  const { kvHeads, headDim, pages } = cache;
  const size = pages * PAGE * kvHeads * headDim;
  const [keys, values] = [noise(1, size, 2), noise(2, size)];
  change?.(keys, cache);
  for (const { slot } of shape === 'token' ? tokens : []) {
    for (let i = 0; i < kvHeads * headDim; i++) {
      keys[keyIndex(cache, slot, Math.floor(i / headDim), i % headDim)] = 1000;
      values[valueIndex(cache, slot, Math.floor(i / headDim), i % headDim)] = 1000;
    }
  }
  return { keys: encodeCache(cache, 'keys', keys), values: encodeCache(cache, 'values', values) };
}

function rotationOf({ headDim, parts, rotation }: AttentionCase) {
  const { pairing, qkNorm, ropeDim } = rotation ?? { pairing: 'halves', qkNorm: 'none', ropeDim: headDim };
  const positions = Math.max(...parts.map(({ first, count }) => first + count));
  const norm = { weight: noise(5, 2 * headDim), eps: 1e-6 };
  return { pairing, qkNorm, ropeDim, norm, table: noise(4, Math.max(2, positions * ropeDim)) };
}

function kernelOf(c: AttentionCase, perTile: number) {
  const { kvType, heads, kvHeads, headDim, softcap = 0, shape = 'tile' } = c;
  const head = { heads, kvHeads, headDim };
  const options = { kvType, headDim, softcap: softcap > 0 };
  if (shape === 'serial') {
    const kernel = pagedAttentionSerialKernel(options);
    return { kernel, groups: rowGroups({ rows: serialRows(headDim) }, head, perTile) };
  }
  const { pairing, qkNorm } = rotationOf(c);
  const chosen = shape === 'token' ? tokenShape(head) : tileShape(head);
  const raw = shape === 'token' ? { raw: { pairing, qkNorm } } : {};
  return {
    kernel: pagedAttentionKernel({ ...options, shape: chosen, ...raw }),
    groups: rowGroups(chosen, head, perTile),
  };
}
