import { describe, expect, it } from 'vitest';
import { type Adapter, PORTABLE } from '../kernel.ts';
import { batchWords } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { attentionGrid, rowGroups, tileShape, tokenShape, tokensPerTile } from './attention-shape.ts';
import { decodeCache, encodeCache, keyIndex, type CacheShape } from './kv-layout.ref.ts';
import { PAGE, type KvType } from './kv-layout.ts';
import { NO_WINDOW, pagedAttentionKernel } from './paged-attention.kernel.ts';
import { mergeSplitsRef } from './merge-splits.ref.ts';
import { pagedAttentionRef } from './paged-attention.ref.ts';

interface Part {
  /** Tokens already in the cache. */
  first: number;
  count: number;
}

interface Case {
  kvType: KvType;
  heads: number;
  kvHeads: number;
  headDim: number;
  parts: readonly Part[];
  window?: number;
  softcap?: number;
  /** Workgroups that share a sequence. Default 1. */
  splits?: number;
  /** The shape for tiles of one token. */
  byToken?: boolean;
  /** Default: a software adapter, whose shapes compile fast there. */
  adapter?: Adapter;
}

/** Every sequence's pages, dealt out in an order that is neither rising nor contiguous. */
function dealPages(parts: readonly Part[]): { pages: number[][]; total: number } {
  const counts = parts.map((p) => Math.ceil((p.first + p.count) / PAGE));
  const total = counts.reduce((a, b) => a + b) + 1;
  let next = total;
  const pages = counts.map((): number[] => []);
  for (let round = 0; pages.some((p, i) => p.length < counts[i]!); round++) {
    pages.forEach((p, i) => p.length < counts[i]! && p.push(--next));
  }
  return { pages, total };
}

function layOut(parts: readonly Part[], perTile: number) {
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

async function check(c: Case, change?: (keys: Float32Array, cache: CacheShape) => void): Promise<void> {
  const { kvType, heads, kvHeads, headDim, window = NO_WINDOW, softcap = 0, splits = 1, byToken = false } = c;
  const { adapter = { ...PORTABLE, software: true } } = c;
  const perTile = byToken ? 1 : tokensPerTile(heads, kvHeads);
  const shape = byToken ? tokenShape(c, adapter) : tileShape(c, adapter);
  const groups = rowGroups(shape, c, perTile);
  const { tokens, tiles, pages, total } = layOut(c.parts, perTile);
  const cache = { kvType, kvHeads, headDim, pages: total };
  const size = total * PAGE * kvHeads * headDim;
  const keys = noise(1, size, 2);
  change?.(keys, cache);
  const encodedKeys = encodeCache(kvType, keys);
  const encodedValues = encodeCache(kvType, noise(2, size));
  const qkvStride = (heads + 2 * kvHeads) * headDim;
  const q = noise(3, tokens.length * qkvStride, 2);
  const scale = 1 / Math.sqrt(headDim);
  const rows = tokens.length * heads;
  const result = await runKernel({
    kernel: pagedAttentionKernel({ kvType, headDim, softcap: softcap > 0, shape }),
    grid: attentionGrid({ tiles: tiles.length, kvHeads, rowGroups: groups, splits }),
    params: { heads, kv_heads: kvHeads, qkv_stride: qkvStride, scale, window, softcap, row_groups: groups },
    buffers: {
      batch: batchWords({ tokens, tiles, pages }),
      q,
      keys: encodedKeys,
      values: encodedValues,
      out: new Float32Array(rows * headDim + headDim),
      partials: new Float32Array(splits * rows * (headDim + 4)),
    },
  });
  const expected = pagedAttentionRef({
    q,
    qkvStride,
    tokens,
    pages,
    heads,
    scale,
    window,
    softcap,
    cache,
    keys: decodeCache(kvType, encodedKeys.slice().buffer),
    values: decodeCache(kvType, encodedValues.slice().buffer),
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

const RAGGED: Part[] = [
  { first: 0, count: 1 },
  { first: 40, count: 37 },
  { first: 63, count: 1 },
  { first: 64, count: 1 },
  { first: 0, count: 33 },
];

describe('paged-attention', () => {
  it.each<[KvType, number, number, number]>([
    ['f16', 64, 8, 2],
    ['f32', 64, 3, 1],
    ['f16', 80, 4, 4],
    ['f32', 96, 12, 2],
    ['f16', 128, 14, 2],
    ['f16', 256, 4, 1],
    ['f32', 256, 2, 2],
    ['f32', 12, 5, 1],
    ['f16', 64, 64, 1],
    ['f16', 128, 40, 2],
    ['f16', 64, 64, 64],
  ])('%s, head %i, %i heads over %i', async (kvType, headDim, heads, kvHeads) => {
    const parts =
      heads * headDim > 2048 ? RAGGED.slice(0, 2).map((p) => ({ ...p, count: Math.min(p.count, 5) })) : RAGGED;
    await check({ kvType, headDim, heads, kvHeads, parts });
  });

  it('decodes at every length around pages and steps', async () => {
    const parts = [1, 31, 32, 33, 63, 64, 65, 96, 127, 128, 129, 300].map((n) => ({ first: n - 1, count: 1 }));
    for (const byToken of [false, true]) {
      await check({ kvType: 'f16', headDim: 64, heads: 9, kvHeads: 3, parts, byToken });
      await check({ kvType: 'f32', headDim: 80, heads: 9, kvHeads: 3, parts, byToken });
    }
  });

  it.each<[KvType, number, number, number]>([
    ['f16', 64, 4, 1],
    ['f16', 64, 14, 2],
    ['f32', 100, 2, 2],
    ['f16', 128, 8, 1],
    ['f16', 128, 16, 1],
    ['f32', 256, 8, 1],
    ['f16', 256, 12, 1],
  ])('decodes %s, head %i, %i heads over %i, in several splits', async (kvType, headDim, heads, kvHeads) => {
    const parts = [0, 255, 299].map((first) => ({ first, count: 1 }));
    const decode = { kvType, headDim, heads, kvHeads, parts, byToken: true };
    await check({ ...decode, splits: 1 });
    await check({ ...decode, splits: 3 });
    await check({ ...decode, splits: 2, window: 70 });
  });

  it('goes through a chunk in several splits', async () => {
    const parts = [...RAGGED, { first: 500, count: 9 }];
    await check({ kvType: 'f16', headDim: 64, heads: 8, kvHeads: 2, parts, splits: 3 });
    await check({ kvType: 'f16', headDim: 64, heads: 8, kvHeads: 2, parts, splits: 4, window: 100 });
  });

  it.each([1, 20, 64, 100])('sees a window of %i', async (window) => {
    const parts = [...RAGGED, { first: 299, count: 1 }, { first: 150, count: 70 }];
    await check({ kvType: 'f16', headDim: 64, heads: 8, kvHeads: 2, parts, window });
  });

  it('bends scores', async () => {
    await check({ kvType: 'f32', headDim: 64, heads: 6, kvHeads: 2, parts: RAGGED, softcap: 0.5, window: 40 });
  });

  it('is the same in the shapes of a GPU', async () => {
    const chunk = { kvType: 'f16', headDim: 64, heads: 8, kvHeads: 2, adapter: PORTABLE } as const;
    await check({ ...chunk, parts: [...RAGGED, { first: 300, count: 9 }], splits: 2 });
    await check({ ...chunk, parts: [130, 0, 299].map((first) => ({ first, count: 1 })), splits: 2, byToken: true });
  });

  it('goes through a long sequence', async () => {
    await check({ kvType: 'f16', headDim: 64, heads: 2, kvHeads: 1, parts: [{ first: 2990, count: 20 }] });
  });

  it('stays exact when one late key outweighs all others', async () => {
    await check(
      { kvType: 'f32', headDim: 64, heads: 4, kvHeads: 1, parts: [{ first: 100, count: 20 }] },
      (keys, cache) => {
        const { pages } = dealPages([{ first: 100, count: 20 }]);
        for (let d = 0; d < 64; d++) keys[keyIndex(cache, pages[0]![3]! * PAGE + 4, 0, d)]! *= 60;
      },
    );
  });
});
