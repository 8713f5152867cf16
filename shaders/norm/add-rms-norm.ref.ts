import { rmsNormRef } from './rms-norm.ref.ts';

/** Adds r, times `branch` or normalized with that weight, to x at the given rows and normalises the sums in that order. Returns the new x `[T, width]` and h `[rows, width]`. */
export function addRmsNormRef(
  x: Float32Array,
  r: Float32Array,
  weight: Float32Array,
  eps: number,
  rows: readonly number[],
  branch: number | Float32Array = 1,
): { x: Float32Array; h: Float32Array } {
  const width = weight.length;
  const sums = x.slice();
  const added = typeof branch === 'number' ? r.map((v) => v * branch) : rmsNormRef(r, branch, eps);
  const picked = new Float32Array(rows.length * width);
  rows.forEach((row, to) => {
    for (let i = 0; i < width; i++) {
      sums[row * width + i] = x[row * width + i]! + added[row * width + i]!;
      picked[to * width + i] = sums[row * width + i]!;
    }
  });
  return { x: sums, h: rmsNormRef(picked, weight, eps) };
}
