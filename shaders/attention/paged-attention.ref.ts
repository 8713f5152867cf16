import { keyIndex, valueIndex, type CacheShape } from './kv-layout.ref.ts';
import { PAGE } from './kv-layout.ts';

export interface PagedAttentionInput {
  /** [T, qkvStride], queries first. */
  q: Float32Array;
  qkvStride: number;
  tokens: readonly { position: number; sequence: number }[];
  /** Page numbers of each sequence. */
  pages: readonly (readonly number[])[];
  heads: number;
  scale: number;
  /** Positions that a token sees, itself included. */
  window: number;
  /** Scores are bent into ± this; 0: they are not. */
  softcap: number;
  cache: CacheShape;
  /** Scalars of the cache in its order. */
  keys: Float32Array;
  values: Float32Array;
}

/** Softmax attention of each token and head over the last `window` positions up to its own, in f64: [T, heads, headDim]. */
export function pagedAttentionRef(input: PagedAttentionInput): Float32Array {
  const { q, qkvStride, tokens, pages, heads, scale, window, softcap, cache, keys, values } = input;
  const { kvHeads, headDim } = cache;
  const out = new Float32Array(tokens.length * heads * headDim);
  tokens.forEach(({ position, sequence }, token) => {
    const first = Math.max(0, position + 1 - window);
    const slots = Array.from({ length: position + 1 - first }, (_, i) => {
      const p = first + i;
      return pages[sequence]![Math.floor(p / PAGE)]! * PAGE + (p % PAGE);
    });
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const scores = slots.map((slot) => {
        let sum = 0;
        for (let d = 0; d < headDim; d++) {
          sum += q[token * qkvStride + head * headDim + d]! * keys[keyIndex(cache, slot, kvHead, d)]!;
        }
        return softcap > 0 ? softcap * Math.tanh((sum * scale) / softcap) : sum * scale;
      });
      const max = scores.reduce((a, b) => Math.max(a, b));
      const weights = scores.map((s) => Math.exp(s - max));
      const total = weights.reduce((a, b) => a + b);
      for (let d = 0; d < headDim; d++) {
        let sum = 0;
        slots.forEach((slot, i) => (sum += weights[i]! * values[valueIndex(cache, slot, kvHead, d)]!));
        out[(token * heads + head) * headDim + d] = sum / total;
      }
    }
  });
  return out;
}
