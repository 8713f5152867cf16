export interface DeltaInputs {
  /** [T, (2 · kHeads + vHeads) · headDim]; queries and keys are normalized in place */
  qkv: Float32Array;
  /** [T, vHeads] */
  alpha: ArrayLike<number>;
  beta: ArrayLike<number>;
  /** [vHeads] */
  a: Float32Array;
  dtBias: Float32Array;
  kHeads: number;
  vHeads: number;
  headDim: number;
  eps: number;
}

/** Normalizes `qkv`; returns the gates [T, vHeads, 4]. In f64. */
export function deltaInputsRef(input: DeltaInputs): Float32Array {
  const { qkv, alpha, beta, a, dtBias, kHeads, vHeads, headDim, eps } = input;
  const stride = (2 * kHeads + vHeads) * headDim;
  const tokens = qkv.length / stride;
  const gates = new Float32Array(tokens * vHeads * 4);
  for (let t = 0; t < tokens; t++) {
    const products: number[] = [];
    for (let head = 0; head < kHeads; head++) {
      const q = unit(qkv, t * stride + head * headDim, headDim, eps).map((v) => v / Math.sqrt(headDim));
      const k = unit(qkv, t * stride + (kHeads + head) * headDim, headDim, eps);
      products.push(q.reduce((sum, v, i) => sum + v * k[i]!, 0));
      qkv.set(q, t * stride + head * headDim);
      qkv.set(k, t * stride + (kHeads + head) * headDim);
    }
    for (let h = 0; h < vHeads; h++) {
      const row = t * vHeads + h;
      const decay = Math.exp(a[h]! * Math.log1p(Math.exp(alpha[row]! + dtBias[h]!)));
      gates.set([decay, 1 / (1 + Math.exp(-beta[row]!)), products[h % kHeads]!, 0], row * 4);
    }
  }
  return gates;
}

function unit(values: Float32Array, at: number, count: number, eps: number): number[] {
  const x = [...values.subarray(at, at + count)];
  const length = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) + eps);
  return x.map((v) => v / length);
}
