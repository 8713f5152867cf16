import { describe, it } from 'vitest';
import type { QkNorm, RopePairing } from '../rope/rotation.ts';
import { type AttentionCase, checkAttention, dealPages, RAGGED } from '../testing/check-attention.ts';
import { keyIndex } from './kv-layout.ref.ts';
import { PAGE, type KvType } from './kv-layout.ts';
import { pagedAttentionRef } from './paged-attention.ref.ts';

const check = (c: AttentionCase) => checkAttention(c, pagedAttentionRef);

describe('paged-attention', () => {
  it.each<[KvType, number, number, number]>([
    ['f16', 64, 8, 2],
    ['f32', 64, 3, 1],
    ['f16', 80, 4, 4],
    ['f32', 96, 12, 2],
    ['f16', 128, 14, 2],
    ['f16', 256, 4, 1],
    ['f32', 4, 5, 1],
    ['f16', 64, 64, 1],
    ['q8', 64, 8, 2],
    ['q8', 80, 4, 4],
    ['q8', 96, 12, 2],
    ['q8', 256, 4, 1],
    ['q8', 4, 5, 1],
  ])('%s, head %i, %i heads over %i', async (kvType, headDim, heads, kvHeads) => {
    const parts =
      heads * headDim > 2048 ? RAGGED.slice(0, 2).map((p) => ({ ...p, count: Math.min(p.count, 5) })) : RAGGED;
    await check({ kvType, headDim, heads, kvHeads, parts });
  });

  it.each(['tile', 'token'] as const)('decodes at every length around pages and steps, by %s', async (shape) => {
    const parts = [1, 31, 32, 33, 63, 64, 65, 96, 127, 128, 129, 300].map((n) => ({ first: n - 1, count: 1 }));
    await check({ kvType: 'f16', headDim: 64, heads: 9, kvHeads: 3, parts, shape });
  });

  it.each<[KvType, number, number, number, RopePairing, ropeDim: number, QkNorm]>([
    ['f16', 64, 4, 1, 'interleaved', 64, 'none'],
    ['f16', 64, 14, 2, 'halves', 0, 'none'],
    ['f32', 100, 2, 2, 'halves', 36, 'heads'],
    ['f16', 128, 8, 1, 'halves', 128, 'heads'],
    ['f16', 256, 12, 1, 'interleaved', 64, 'heads'],
    ['q8', 64, 14, 2, 'halves', 64, 'none'],
    ['q8', 100, 2, 2, 'interleaved', 100, 'none'],
    ['q8', 256, 8, 1, 'halves', 20, 'heads'],
    ['f32', 4, 5, 1, 'halves', 2, 'none'],
  ])(
    'rotates, appends and decodes %s, head %i, %i heads over %i, %s up to %i, norm of %s',
    async (kvType, headDim, heads, kvHeads, pairing, ropeDim, qkNorm) => {
      const parts = [0, 1, 128, 255, 299].map((first) => ({ first, count: 1 }));
      const rotation = { pairing, qkNorm, ropeDim };
      const decode: AttentionCase = { kvType, headDim, heads, kvHeads, parts, shape: 'token', rotation };
      await check({ ...decode, splits: 1 });
      await check({ ...decode, splits: 3 });
      await check({ ...decode, splits: 2, window: 70 });
      await check({ ...decode, splits: 2, window: 1 });
    },
  );

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

  it('bends scores of raw keys', async () => {
    const parts = [0, 10, 150].map((first) => ({ first, count: 1 }));
    await check({ kvType: 'f16', headDim: 64, heads: 6, kvHeads: 2, parts, softcap: 0.5, shape: 'token' });
  });

  it('goes through a long sequence', async () => {
    await check({ kvType: 'f16', headDim: 64, heads: 2, kvHeads: 1, parts: [{ first: 2990, count: 20 }] });
  });

  it('stays exact when one late key outweighs all others', async () => {
    const parts = [{ first: 100, count: 20 }];
    const outweighed: AttentionCase = { kvType: 'f32', headDim: 64, heads: 4, kvHeads: 1, parts };
    await checkAttention(outweighed, pagedAttentionRef, (keys, cache) => {
      const { pages } = dealPages(parts);
      for (let d = 0; d < 64; d++) keys[keyIndex(cache, pages[0]![3]! * PAGE + 4, 0, d)]! *= 60;
    });
  });
});
