/** Softmax over all keys from what each split found: partials [splits, rows, dims + 4] (`merge-splits.wgsl`) → [rows, dims]. */
export function mergeSplitsRef(partials: Float32Array, rows: number, dims: number): Float32Array {
  const stride = dims + 4;
  const out = new Float32Array(rows * dims);
  for (let row = 0; row < rows; row++) {
    const splits = partials[row * stride + dims + 2]!;
    const starts = Array.from({ length: splits }, (_, split) => (split * rows + row) * stride);
    const largest = starts.reduce((max, at) => Math.max(max, partials[at + dims]!), -Infinity);
    const factors = starts.map((at) => Math.exp(partials[at + dims]! - largest));
    const total = starts.reduce((sum, at, i) => sum + factors[i]! * partials[at + dims + 1]!, 0);
    for (let d = 0; d < dims; d++) {
      out[row * dims + d] = starts.reduce((sum, at, i) => sum + factors[i]! * partials[at + d]!, 0) / total;
    }
  }
  return out;
}
