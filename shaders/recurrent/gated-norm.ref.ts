export interface GatedNormInput {
  /** [T, heads, headDim] */
  x: Float32Array;
  /** [headDim] */
  weight: Float32Array;
  /** [T, heads, headDim] */
  gate: ArrayLike<number>;
  eps: number;
}

/** A new array like x, in f64. */
export function gatedNormRef({ x, weight, gate, eps }: GatedNormInput): Float32Array {
  const width = weight.length;
  const result = new Float32Array(x.length);
  for (let at = 0; at < x.length; at += width) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[at + i]! ** 2;
    const scale = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) {
      const z = gate[at + i]!;
      result[at + i] = (x[at + i]! * scale * weight[i]! * z) / (1 + Math.exp(-z));
    }
  }
  return result;
}
