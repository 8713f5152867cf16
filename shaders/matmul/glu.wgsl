// Epilogue: rows alternate between gate and up, so each pair (row, row + 1), row even, becomes one column: activate(gate) * up.
fn store_pair(token: u32, row: u32, a: f32, b: f32) {
  if (row + 1u < params.rows) {
    y[token * params.y_stride + params.y_offset + row / 2u] = activate(biased(row, a)) * biased(row + 1u, b);
  }
}
