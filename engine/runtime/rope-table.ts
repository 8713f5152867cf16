/**
 * Cosines and sines of all rotations, computed once in double precision: WGSL promises too little of `sin` for large angles.
 *
 * @module
 */
import type { RopeParameters } from '../arch/architecture.ts';

/** (cos, sin) pairs [contextTokens, dim / 2]. `factors` [dim / 2] divide the frequencies. */
export function makeRopeTable(
  rope: RopeParameters,
  contextTokens: number,
  factors?: Float32Array,
): Float32Array<ArrayBuffer> {
  const half = rope.dim / 2;
  const table = new Float32Array(contextTokens * half * 2);
  for (let i = 0; i < half; i++) {
    const frequency = rope.base ** ((-2 * i) / rope.dim) / (factors?.[i] ?? 1) / rope.scale;
    for (let position = 0; position < contextTokens; position++) {
      table[(position * half + i) * 2] = Math.cos(position * frequency);
      table[(position * half + i) * 2 + 1] = Math.sin(position * frequency);
    }
  }
  return table;
}
