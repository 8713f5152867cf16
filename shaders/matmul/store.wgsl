// Epilogue: the products of rows (row, row + 1), row even, into their two columns.
fn store_pair(token: u32, row: u32, a: f32, b: f32) {
  let at = token * params.y_stride + params.y_offset + row;
  if (row < params.rows) {
    y[at] = biased(row, a);
  }
  if (row + 1u < params.rows) {
    y[at + 1u] = biased(row + 1u, b);
  }
}
