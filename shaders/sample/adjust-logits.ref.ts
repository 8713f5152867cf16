export interface LogitAdjustment {
  row: number;
  id: number;
  repetition: number;
  subtract: number;
}

/** A copy of logits [R, vocab] with the adjustments made. */
export function adjustLogitsRef(
  logits: Float32Array,
  vocab: number,
  adjustments: readonly LogitAdjustment[],
): Float32Array {
  const result = logits.slice();
  for (const { row, id, repetition, subtract } of adjustments) {
    const logit = result[row * vocab + id]!;
    result[row * vocab + id] = (logit > 0 ? logit / repetition : logit * repetition) - subtract;
  }
  return result;
}
