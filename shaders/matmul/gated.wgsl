// Epilogue: y holds gates, and each becomes activate(gate) times the product of its row, where gate and up are two matrices.
fn store_pair(token: u32, row: u32, a: f32, b: f32) {
  let at = token * params.y_stride + params.y_offset + row;
  if (row < params.rows) {
    y[at] = activate(y[at]) * biased(row, a);
  }
  if (row + 1u < params.rows) {
    y[at + 1u] = activate(y[at + 1u]) * biased(row + 1u, b);
  }
}
