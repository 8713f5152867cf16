/** Logits times `scale`, bent into ± `cap` where that is not 0. Returns a new array. */
export function capLogitsRef(logits: Float32Array, scale: number, cap: number): Float32Array {
  return logits.map((value) => (cap > 0 ? cap * Math.tanh((value * scale) / cap) : value * scale));
}
