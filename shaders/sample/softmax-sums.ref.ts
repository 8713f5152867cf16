/** `(max, Σexp(l − max), Σexp((l − max) · inverse temperature), 0)` of each row of logits [R, vocab]. */
export function softmaxSumsRef(logits: Float32Array, vocab: number, inverseTemperatures: Float32Array): Float32Array {
  return Float32Array.from(
    [...inverseTemperatures].flatMap((inverse, row) => {
      const values = logits.subarray(row * vocab, (row + 1) * vocab);
      const max = values.reduce((a, b) => Math.max(a, b));
      const sum = (factor: number) => values.reduce((total, l) => total + Math.exp((l - max) * factor), 0);
      return [max, sum(1), sum(inverse), 0];
    }),
  );
}
