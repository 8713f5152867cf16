import { rmsNormRef } from './rms-norm.ref.ts';

/** Normalizes the first qWidth and the next kWidth floats of every row of `qkv` [T, stride]. Returns a new array. */
export function normQkRef(
  qkv: Float32Array,
  weight: Float32Array,
  { qWidth, kWidth, stride, eps }: { qWidth: number; kWidth: number; stride: number; eps: number },
): Float32Array {
  const out = qkv.slice();
  for (let at = 0; at < qkv.length; at += stride) {
    const keys = at + qWidth;
    out.set(rmsNormRef(qkv.subarray(at, keys), weight.subarray(0, qWidth), eps), at);
    out.set(rmsNormRef(qkv.subarray(keys, keys + kWidth), weight.subarray(qWidth), eps), keys);
  }
  return out;
}
