import { describe, expect, it } from 'vitest';
import { decodeCache, encodeCache } from '../attention/kv-elements.ref.ts';
import { keyIndex } from '../attention/kv-layout.ref.ts';
import { kvLayout, PAGE, type KvType } from '../attention/kv-layout.ts';
import { batchWords } from '../testing/batch-words.ts';
import { expectCached } from '../testing/expect-cached.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { ropeAppendGrid, ropeAppendKernel } from './rope-append.kernel.ts';
import { ropeAppendRef } from './rope-append.ref.ts';
import type { RopePairing } from './rotation.ts';

const POSITIONS = 100;
const TOKENS = [
  { position: 0, slot: 5 * PAGE, sequence: 0 },
  { position: 1, slot: 5 * PAGE + 1, sequence: 0 },
  { position: 99, slot: 3 * PAGE + 3, sequence: 1 },
  { position: 31, slot: 31, sequence: 2 },
  { position: 32, slot: 6 * PAGE, sequence: 2 },
];

const times = (count: number, value: number) => Array.from({ length: count }, () => value);

describe('rope-append', () => {
  it.each<[number, number, number, number, RopePairing, KvType, extra?: '' | ' norm' | ' columns']>([
    [64, 64, 4, 2, 'interleaved', 'f16'],
    [64, 64, 3, 1, 'halves', 'f32'],
    [80, 80, 5, 5, 'halves', 'f16'],
    [80, 32, 2, 1, 'interleaved', 'f32'],
    [96, 36, 4, 4, 'halves', 'f16'],
    [128, 128, 14, 2, 'interleaved', 'f16'],
    [128, 128, 5, 2, 'halves', 'f32', ' norm'],
    [256, 64, 3, 1, 'halves', 'f16', ' norm'],
    [64, 64, 6, 2, 'halves', 'f32', ' columns'],
    [64, 0, 6, 2, 'interleaved', 'f32'],
    [128, 10, 1, 1, 'halves', 'f32'],
    [256, 256, 8, 1, 'halves', 'f16'],
    [512, 512, 2, 1, 'halves', 'f16'],
    [4, 2, 3, 1, 'interleaved', 'f32'],
    [64, 64, 4, 2, 'interleaved', 'q8'],
    [80, 32, 5, 5, 'halves', 'q8'],
    [96, 96, 3, 1, 'halves', 'q8', ' norm'],
    [128, 128, 14, 2, 'halves', 'q8', ' columns'],
    [256, 64, 3, 1, 'halves', 'q8', ' norm'],
    [512, 512, 2, 1, 'interleaved', 'q8'],
    [4, 2, 3, 1, 'interleaved', 'q8'],
  ])(
    'head %i, rotated %i, %i heads, %i kv heads, %s, %s%s',
    async (headDim, ropeDim, heads, kvHeads, pairing, kvType, extra = '') => {
      const cache = { kvType, kvHeads, headDim, pages: 7 };
      const { keyBytes, valueBytes } = kvLayout(cache);
      const before = noise(9, cache.pages * PAGE * kvHeads * headDim); // what other tokens hold, which must stay
      const stride = (heads + 2 * kvHeads) * headDim + (extra === ' columns' ? 20 : 0);
      const qkv = noise(1, TOKENS.length * stride, 4);
      const table = noise(2, Math.max(2, POSITIONS * ropeDim));
      const norm = extra === ' norm' ? { weight: noise(3, 2 * headDim), eps: 1e-6 } : undefined;
      const [keysBefore, valuesBefore] = [encodeCache(cache, 'keys', before), encodeCache(cache, 'values', before)];
      const result = await runKernel({
        kernel: ropeAppendKernel({ pairing, kvType, headDim, qkNorm: norm ? 'heads' : 'none' }),
        grid: ropeAppendGrid({ tokens: TOKENS.length, heads, kvHeads, headDim }),
        params: { heads, kv_heads: kvHeads, rope_dim: ropeDim, stride, eps: norm?.eps ?? 0 },
        buffers: {
          batch: batchWords({ tokens: TOKENS }),
          qkv,
          table,
          keys: new Uint8Array(keysBefore),
          values: new Uint8Array(valuesBefore),
          ...(norm ? { qk_weight: norm.weight } : {}),
        },
      });
      expect([keysBefore.byteLength, valuesBefore.byteLength]).toEqual([keyBytes, valueBytes]);
      const keys = decodeCache(cache, 'keys', keysBefore.slice());
      const values = decodeCache(cache, 'values', valuesBefore.slice());
      const rotated = ropeAppendRef({
        qkv,
        table,
        tokens: TOKENS,
        heads,
        stride,
        ropeDim,
        pairing,
        cache,
        keys,
        values,
        ...(norm ? { norm } : {}),
      });
      expectClose(new Float32Array(result['qkv']!), rotated, norm ? 4e-6 : 1e-6);
      expectCached(cache, 'keys', result['keys']!, keys);
      expectCached(cache, 'values', result['values']!, values);
    },
  );

  /** One token's key and value of one head, put into an empty cache. */
  async function cached(kvType: KvType, headDim: number, key: readonly number[], value: readonly number[]) {
    const cache = { kvType, kvHeads: 1, headDim, pages: 1 };
    const empty = new Uint8Array(kvLayout(cache).keyBytes);
    const result = await runKernel({
      kernel: ropeAppendKernel({ pairing: 'halves', kvType, headDim, qkNorm: 'none' }),
      grid: ropeAppendGrid({ tokens: 1, heads: 1, kvHeads: 1, headDim }),
      params: { heads: 1, kv_heads: 1, rope_dim: 0, stride: 3 * headDim, eps: 0 },
      buffers: {
        batch: batchWords({ tokens: [{ position: 0, slot: 0 }] }),
        qkv: Float32Array.from([...new Float32Array(headDim), ...key, ...value]),
        table: new Float32Array(2),
        keys: empty,
        values: empty,
      },
    });
    const keys = decodeCache(cache, 'keys', result['keys']!);
    return {
      key: Array.from(key, (_, dim) => keys[keyIndex(cache, 0, 0, dim)]!),
      value: [...decodeCache(cache, 'values', result['values']!).subarray(0, headDim)],
    };
  }

  it('bounds values beyond f16', async () => {
    const { key, value } = await cached('f16', 4, [1e6, -1e6, 1, 2], [3, -1e9, 65504, 0]);
    expect(key).toEqual([65504, -65504, 1, 2]);
    expect(value).toEqual([3, -65504, 65504, 0]);
  });

  it('gives each group of 8 bits its scale, of any size', async () => {
    const groups = [times(32, 0), times(32, -1e-9), [2e9, ...times(31, 1e9)]];
    const [forward, backward] = [groups.flat(), groups.toReversed().flat()].map((dims) => [...dims, 1, 2, -4, 0]);
    const { key, value } = await cached('q8', 100, forward!, backward!);
    for (const [found, expected] of [
      [key, forward!],
      [value, backward!],
    ] as const) {
      expect(found.length).toBe(100);
      const errors = found.map((v, i) => (expected[i] === 0 ? v : v / expected[i]! - 1));
      expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.017);
    }
  });

  it.each([NaN, Infinity, -Infinity])('does not hide %f in 8 bits', async (broken) => {
    const one = times(36, 1);
    const { key, value } = await cached('q8', 36, one.with(3, broken), one.with(35, broken));
    expect(key).toEqual([...times(32, NaN), 1, 1, 1, 1]);
    expect(value).toEqual([...times(32, 1), NaN, NaN, NaN, NaN]);
  });
});
