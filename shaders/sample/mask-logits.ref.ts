import { MASKED } from './mask-logits.kernel.ts';

/** The logits of one row [vocab] where only the tokens of `allowed` may be taken. Returns a new array. */
export function maskLogitsRef(logits: Float32Array, allowed: ReadonlySet<number>): Float32Array {
  return logits.map((logit, id) => (allowed.has(id) || !Number.isFinite(logit) ? logit : MASKED));
}
