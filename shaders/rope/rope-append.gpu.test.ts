import { describe, expect, it } from 'vitest';
import { decodeCache, encodeCache } from '../attention/kv-layout.ref.ts';
import { kvLayout, PAGE, type KvType } from '../attention/kv-layout.ts';
import { batchWords } from '../testing/batch-words.ts';
import { expectClose } from '../testing/expect-close.ts';
import { noise } from '../testing/noise.ts';
import { runKernel } from '../testing/run-kernel.ts';
import { ropeAppendGrid, ropeAppendKernel, type RopePairing } from './rope-append.kernel.ts';
import { ropeAppendRef } from './rope-append.ref.ts';

const POSITIONS = 100;
const TOKENS = [
  { position: 0, slot: 5 * PAGE, sequence: 0 },
  { position: 1, slot: 5 * PAGE + 1, sequence: 0 },
  { position: 99, slot: 3 * PAGE + 3, sequence: 1 },
  { position: 31, slot: 31, sequence: 2 },
  { position: 32, slot: 6 * PAGE, sequence: 2 },
];

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
  ])(
    'head %i, rotated %i, %i heads, %i kv heads, %s, %s%s',
    async (headDim, ropeDim, heads, kvHeads, pairing, kvType, extra = '') => {
      const cache = { kvType, kvHeads, headDim, pages: 7 };
      const { keyBytes, valueBytes } = kvLayout(cache);
      const scalar = kvType === 'f16' ? 2 : 4;
      const before = noise(9, keyBytes / scalar); // what other tokens hold, which must stay
      const stride = (heads + 2 * kvHeads) * headDim + (extra === ' columns' ? 20 : 0);
      const qkv = noise(1, TOKENS.length * stride, 4);
      const table = noise(2, Math.max(2, POSITIONS * ropeDim));
      const norm = extra === ' norm' ? { weight: noise(3, 2 * headDim), eps: 1e-6 } : undefined;
      const encoded = encodeCache(kvType, before);
      const result = await runKernel({
        kernel: ropeAppendKernel({ pairing, kvType, headDim, qkNorm: norm ? 'heads' : 'none' }),
        grid: ropeAppendGrid({ tokens: TOKENS.length, heads, kvHeads, headDim }),
        params: { heads, kv_heads: kvHeads, rope_dim: ropeDim, stride, eps: norm?.eps ?? 0 },
        buffers: {
          batch: batchWords({ tokens: TOKENS }),
          qkv,
          table,
          keys: encoded,
          values: encoded.slice(),
          ...(norm ? { qk_weight: norm.weight } : {}),
        },
      });
      expect(result['values']!.byteLength).toBe(valueBytes);
      const keys = decodeCache(kvType, encoded.slice().buffer);
      const values = keys.slice();
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
      const tolerance = kvType === 'f16' ? 1e-3 : 4e-6;
      expectClose(decodeCache(kvType, result['keys']!), keys, tolerance);
      expectClose(decodeCache(kvType, result['values']!), values, tolerance);
    },
  );

  it('bounds values beyond f16', async () => {
    const headDim = 4;
    const qkv = Float32Array.from([0, 0, 0, 0, 1e6, -1e6, 1, 2, 3, -1e9, 65504, 0]);
    const cache = new Uint16Array(PAGE * headDim);
    const result = await runKernel({
      kernel: ropeAppendKernel({ pairing: 'halves', kvType: 'f16', headDim, qkNorm: 'none' }),
      grid: ropeAppendGrid({ tokens: 1, heads: 1, kvHeads: 1, headDim }),
      params: { heads: 1, kv_heads: 1, rope_dim: 0, stride: 12, eps: 0 },
      buffers: {
        batch: batchWords({ tokens: [{ position: 0, slot: 0 }] }),
        qkv,
        table: new Float32Array(2),
        keys: cache,
        values: cache,
      },
    });
    expect([...decodeCache('f16', result['keys']!).subarray(0, 4)]).toEqual([65504, -65504, 1, 2]);
    expect([...decodeCache('f16', result['values']!).subarray(0, 4)]).toEqual([3, -65504, 65504, 0]);
  });
});
