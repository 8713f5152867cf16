/** Id and value of the largest logit, the first of equals, and whether any logit is NaN or infinite. */
export function argmaxRef(logits: Float32Array): { id: number; logit: number; broken: boolean } {
  let id = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[id]!) id = i;
  return { id, logit: logits[id]!, broken: logits.some((l) => !Number.isFinite(l)) };
}
