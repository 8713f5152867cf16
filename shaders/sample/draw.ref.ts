import type { RowSampling } from './sampling-rows.ts';

/** A number in [0, 1) that depends on seed and position alone. (PCG output function.) */
export function uniformRef(seed: number, position: number): number {
  let state = (Math.imul(seed ^ Math.imul(position + 1, 0x9e3779b1), 747796405) + 2891336453) >>> 0;
  for (let round = 0; round < 2; round++) {
    const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
    state = ((word >>> 22) ^ word) >>> 0;
  }
  return (state >>> 8) / 2 ** 24;
}

/**
 * The candidates that can be drawn, with the upper ends of their shares of [0, 1): top-k, top-p, min-p, temperature, one after
 * another on plain lists.
 * @param logits the best first
 */
export function drawRef(logits: readonly number[], { topK, topP, minP, temperature }: RowSampling): number[] {
  let list = logits.slice(0, topK);
  const softmax = (t: number) => {
    const weights = list.map((logit) => Math.exp((logit - list[0]!) / t));
    const total = weights.reduce((a, b) => a + b);
    return weights.map((weight) => weight / total);
  };
  const shares = softmax(1);
  let mass = 0;
  const cut = shares.findIndex((share) => (mass += share) >= topP);
  if (cut >= 0) list = list.slice(0, cut + 1);
  list = list.filter((_, i) => shares[i]! >= minP * shares[0]!);
  let end = 0;
  return softmax(temperature).map((share) => (end += share));
}
