/**
 * Cosines and sines of all rotations, computed once in double precision: WGSL promises too little of `sin` for large angles.
 *
 * @module
 */
import type { RopeParameters } from '../arch/architecture.ts';

/** (cos, sin) pairs [contextTokens, dim / 2], as llama.cpp's `rope_yarn`. `factors` [dim / 2] divide the frequencies. */
export function makeRopeTable(
  rope: RopeParameters,
  contextTokens: number,
  factors?: Float32Array,
): Float32Array<ArrayBuffer> {
  const half = rope.dim / 2;
  const table = new Float32Array(contextTokens * half * 2);
  for (let i = 0; i < half; i++) {
    const own = rope.base ** ((-2 * i) / rope.dim) / (factors?.[i] ?? 1);
    const kept = ownShare(rope, i);
    const frequency = (own / rope.scale) * (1 - kept) + own * kept;
    for (let position = 0; position < contextTokens; position++) {
      table[(position * half + i) * 2] = Math.cos(position * frequency) * rope.magnitude;
      table[(position * half + i) * 2 + 1] = Math.sin(position * frequency) * rope.magnitude;
    }
  }
  return table;
}

/** How much of its own pace frequency i keeps: all where it turns often within the original context, none where seldom (YaRN). */
function ownShare({ dim, base, yarn }: RopeParameters, i: number): number {
  if (!yarn) return 0;
  const dimensionAt = (turns: number) =>
    (dim * Math.log(yarn.originalContext / (turns * 2 * Math.PI))) / (2 * Math.log(base));
  const low = Math.max(0, Math.floor(dimensionAt(yarn.betaFast)));
  const high = Math.min(dim - 1, Math.ceil(dimensionAt(yarn.betaSlow)));
  return 1 - Math.min(1, Math.max(0, (i - low) / Math.max(0.001, high - low)));
}
