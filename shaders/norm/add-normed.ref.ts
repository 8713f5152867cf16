import { rmsNormRef } from './rms-norm.ref.ts';

/** x + norm(r) · weight, row by row: [T, width]. */
export function addNormedRef(x: Float32Array, r: Float32Array, weight: Float32Array, eps: number): Float32Array {
  const normed = rmsNormRef(r, weight, eps);
  return x.map((value, i) => value + normed[i]!);
}
