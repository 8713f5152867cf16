// y[token, row] = Σ_k x[token, k] · W[row, k]: what every shape of the product shares.
//   x: [T, K] (x-floats.wgsl, x-integers.wgsl), W: [rows, K] as the weight fragment lays it out, y: [T, y_stride], from column y_offset on.
struct Params {
  rows: u32,
  blocks: u32, // of 32 elements along K
  units_per_row: u32,
  scales_per_row: u32,
  y_stride: u32,
  y_offset: u32,
  first_row: u32, // of the whole matrix, where this is a part of it
  count_at: u32, // which word of the batch's header holds T
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
