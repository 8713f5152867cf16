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

/** y [tokens, rows] and to each row its bias. */
export function biasRef(y: Float32Array, bias: Float32Array): Float32Array {
  return y.map((v, i) => v + bias[i % bias.length]!);
}

/** y [tokens, rows] and to each row b · (a · x): x [tokens, cols], a [rank, cols], b [rows, rank], scaled. */
export function loraRef(
  y: Float32Array,
  x: Float32Array,
  a: Float32Array,
  b: Float32Array,
  cols: number,
): Float32Array {
  const added = mulMatRef(mulMatRef(x, a, cols), b, a.length / cols);
  return y.map((v, i) => v + added[i]!);
}

const ACTIVATIONS = {
  silu: (x: number) => x / (1 + Math.exp(-x)),
  gelu: (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * x * (1 + 0.044715 * x * x))),
};

/** Of each pair of columns of y (gate, up): activation(gate) · up. */
export function gluRef(y: Float32Array, activation: keyof typeof ACTIVATIONS): Float32Array {
  return Float32Array.from({ length: y.length / 2 }, (_, i) => ACTIVATIONS[activation](y[i * 2]!) * y[i * 2 + 1]!);
}

/** activation(gates) · y, element by element. */
export function gatedRef(gates: Float32Array, y: Float32Array, activation: keyof typeof ACTIVATIONS): Float32Array {
  return y.map((v, i) => ACTIVATIONS[activation](gates[i]!) * v);
}
