import { keyIndex, valueIndex, type CacheShape } from '../attention/kv-layout.ref.ts';
import { rmsNormRef } from '../norm/rms-norm.ref.ts';
import type { RopePairing } from './rotation.ts';

export interface RopeAppendInput {
  qkv: Float32Array;
  /** (cos, sin) [positions, ropeDim / 2]. */
  table: Float32Array;
  tokens: readonly { position: number; slot: number }[];
  heads: number;
  /** Floats of a token in qkv. */
  stride: number;
  /** [2, headDim]: norms of every query and key head, with eps. */
  norm?: { weight: Float32Array; eps: number };
  ropeDim: number;
  pairing: RopePairing;
  cache: CacheShape;
  /** Scalars of the cache in its order; written. */
  keys: Float32Array;
  values: Float32Array;
}

/** Returns the normalized and rotated qkv and writes keys and values. */
export function ropeAppendRef(input: RopeAppendInput): Float32Array {
  const { table, tokens, heads, stride, norm, ropeDim, pairing, cache, keys, values } = input;
  const { kvHeads, headDim } = cache;
  const qkv = input.qkv.slice();
  const half = ropeDim / 2;
  tokens.forEach(({ position, slot }, token) => {
    const row = token * stride;
    for (let head = 0; head < heads + kvHeads; head++) {
      const at = row + head * headDim;
      if (norm) {
        const weight = norm.weight.subarray(head < heads ? 0 : headDim).subarray(0, headDim);
        qkv.set(rmsNormRef(qkv.subarray(at, at + headDim), weight, norm.eps), at);
      }
      for (let i = 0; i < half; i++) {
        const [first, second] = pairing === 'halves' ? [at + i, at + i + half] : [at + 2 * i, at + 2 * i + 1];
        const [cos, sin] = [table[(position * half + i) * 2]!, table[(position * half + i) * 2 + 1]!];
        const [a, b] = [qkv[first]!, qkv[second]!];
        qkv[first] = a * cos - b * sin;
        qkv[second] = b * cos + a * sin;
      }
    }
    for (let head = 0; head < kvHeads; head++) {
      for (let dim = 0; dim < headDim; dim++) {
        const key = row + (heads + head) * headDim + dim;
        keys[keyIndex(cache, slot, head, dim)] = qkv[key]!;
        values[valueIndex(cache, slot, head, dim)] = qkv[key + kvHeads * headDim]!;
      }
    }
  });
  return qkv;
}
