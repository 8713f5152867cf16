export interface LogitBias {
  row: number;
  id: number;
  bias: number;
}

/** A copy of logits [R, vocab] with the biases added. */
export function biasLogitsRef(logits: Float32Array, vocab: number, biases: readonly LogitBias[]): Float32Array {
  const result = logits.slice();
  for (const { row, id, bias } of biases) result[row * vocab + id]! += bias;
  return result;
}
