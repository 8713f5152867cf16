/** [tokens, rows] = x [tokens, cols] · Wᵀ, W [rows, cols]; sums in f64. */
export function mulMatRef(x: Float32Array, w: Float32Array, cols: number): Float32Array {
  const tokens = x.length / cols;
  const rows = w.length / cols;
  const y = new Float32Array(tokens * rows);
  for (let token = 0; token < tokens; token++) {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let k = 0; k < cols; k++) sum += x[token * cols + k]! * w[row * cols + k]!;
      y[token * rows + row] = sum;
    }
  }
  return y;
}

/** Of each pair of columns of y (gate, up): silu(gate) · up. */
export function gluRef(y: Float32Array): Float32Array {
  return Float32Array.from(
    { length: y.length / 2 },
    (_, i) => (y[i * 2]! / (1 + Math.exp(-y[i * 2]!))) * y[i * 2 + 1]!,
  );
}
