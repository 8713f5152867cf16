/** A new array: each value of x times the sigmoid of its gate, in f64. */
export function sigmoidGateRef(x: Float32Array, gate: ArrayLike<number>): Float32Array {
  return x.map((value, i) => value / (1 + Math.exp(-gate[i]!)));
}
