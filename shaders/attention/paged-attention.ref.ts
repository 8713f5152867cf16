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
  cache: CacheShape;
  /** Scalars of the cache in its order. */
  keys: Float32Array;
  values: Float32Array;
}

/** Softmax attention of each token and head over positions 0…its own, in f64: [T, heads, headDim]. */
export function pagedAttentionRef(input: PagedAttentionInput): Float32Array {
  const { q, qkvStride, tokens, pages, heads, scale, cache, keys, values } = input;
  const { kvHeads, headDim } = cache;
  const out = new Float32Array(tokens.length * heads * headDim);
  tokens.forEach(({ position, sequence }, token) => {
    const slots = Array.from(
      { length: position + 1 },
      (_, p) => pages[sequence]![Math.floor(p / PAGE)]! * PAGE + (p % PAGE),
    );
    for (let head = 0; head < heads; head++) {
      const kvHead = Math.floor(head / (heads / kvHeads));
      const scores = slots.map((slot) => {
        let sum = 0;
        for (let d = 0; d < headDim; d++) {
          sum += q[token * qkvStride + head * headDim + d]! * keys[keyIndex(cache, slot, kvHead, d)]!;
        }
        return sum * scale;
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
