export interface RankedLogit {
  logit: number;
  id: number;
}

/** The `kept` best of the candidates, the larger logit first, of equal ones the smaller id. */
export function best(candidates: readonly RankedLogit[], kept: number): RankedLogit[] {
  return candidates.toSorted((a, b) => b.logit - a.logit || a.id - b.id).slice(0, kept);
}

/** The `kept` largest of a row of logits. */
export function topKScanRef(logits: Float32Array, kept: number): RankedLogit[] {
  return best(
    Array.from(logits, (logit, id) => ({ logit, id })),
    kept,
  );
}
