// y[token, row] = Σ_k x[token, k] · W[row, k]: what every shape of the product shares.
//   x: [T, K / 4] vec4s, W: [rows, K] as the weight fragment lays it out, y: [T, y_stride], from column y_offset on.
struct Params {
  rows: u32,
  blocks: u32, // of 32 elements along K
  units_per_row: u32,
  scales_per_row: u32,
  y_stride: u32,
  y_offset: u32,
  bias_offset: u32, // of row 0, where there is a bias
  count_at: u32, // which word of the batch's header holds T
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;
