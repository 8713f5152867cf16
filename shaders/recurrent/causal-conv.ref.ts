import type { TestPart } from '../testing/batch-words.ts';

export interface CausalConvInput {
  /** [T, stride] */
  x: Float32Array;
  offset: number;
  stride: number;
  /** [channels, taps] */
  weight: Float32Array;
  channels: number;
  parts: readonly TestPart[];
  /** [slots, taps - 1, channels]; updated */
  state: Float32Array;
}

/** [T, channels], in f64. */
export function causalConvRef(input: CausalConvInput): Float32Array {
  const { x, offset, stride, weight, channels, parts, state } = input;
  const taps = weight.length / channels;
  const y = new Float32Array((x.length / stride) * channels);
  for (const { firstToken, tokens, slot, starts } of parts) {
    for (let c = 0; c < channels; c++) {
      const at = (i: number) => (slot * (taps - 1) + i) * channels + c;
      const inputs: number[] = [];
      for (let i = 0; i < taps - 1; i++) inputs.push(starts ? 0 : state[at(i)]!);
      for (let t = 0; t < tokens; t++) {
        inputs.push(x[(firstToken + t) * stride + offset + c]!);
        let sum = 0;
        for (let j = 0; j < taps; j++) sum += weight[c * taps + j]! * inputs[t + j]!;
        y[(firstToken + t) * channels + c] = sum / (1 + Math.exp(-sum));
      }
      for (let i = 0; i < taps - 1; i++) state[at(i)] = inputs[tokens + i]!;
    }
  }
  return y;
}
