import { HISTORY, type RowSampling } from './sampling-rows.ts';

/** The logits of one row [vocab] after the penalties for its last tokens. Returns a new array. */
export function penalizeRef(logits: Float32Array, sampling: RowSampling, history: readonly number[]): Float32Array {
  const { repetitionPenalty, presencePenalty, frequencyPenalty } = sampling;
  const result = logits.slice();
  const last = history.slice(-HISTORY);
  for (const id of new Set(last)) {
    const logit = logits[id]!;
    const occurrences = last.filter((other) => other === id).length;
    const repeated = logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty;
    result[id] = repeated - occurrences * frequencyPenalty - presencePenalty;
  }
  return result;
}
