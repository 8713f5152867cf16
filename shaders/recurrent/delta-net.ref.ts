import type { TestPart } from '../testing/batch-words.ts';

export interface DeltaNetInput {
  /** [T, (2 · kHeads + vHeads) · headDim], queries and keys normalized */
  qkv: Float32Array;
  /** [T, vHeads, 4]; the third, q·k, is not read */
  gates: Float32Array;
  kHeads: number;
  vHeads: number;
  headDim: number;
  parts: readonly TestPart[];
  /** [slots, vHeads, headDim (value), headDim (key)]; updated */
  state: Float32Array;
}

/** [T, vHeads, headDim]: the rule as it is defined, in f64. */
export function deltaNetRef(input: DeltaNetInput): Float32Array {
  const { qkv, gates, kHeads, vHeads, headDim, parts, state } = input;
  const stride = (2 * kHeads + vHeads) * headDim;
  const out = new Float32Array((qkv.length / stride) * vHeads * headDim);
  for (const { firstToken, tokens, slot, starts } of parts) {
    for (let head = 0; head < vHeads; head++) {
      for (let column = 0; column < headDim; column++) {
        const stateAt = ((slot * vHeads + head) * headDim + column) * headDim;
        const s = Float64Array.from({ length: headDim }, (_, i) => (starts ? 0 : state[stateAt + i]!));
        for (let token = firstToken; token < firstToken + tokens; token++) {
          const q = token * stride + (head % kHeads) * headDim;
          const k = q + kHeads * headDim;
          const v = qkv[token * stride + (2 * kHeads + head) * headDim + column]!;
          const [decay, beta] = gates.subarray((token * vHeads + head) * 4);
          let known = 0;
          for (let i = 0; i < headDim; i++) {
            s[i]! *= decay!;
            known += s[i]! * qkv[k + i]!;
          }
          const delta = (v - known) * beta!;
          let o = 0;
          for (let i = 0; i < headDim; i++) {
            s[i]! += qkv[k + i]! * delta;
            o += s[i]! * qkv[q + i]!;
          }
          out[(token * vHeads + head) * headDim + column] = o;
        }
        state.set(s, stateAt);
      }
    }
  }
  return out;
}
