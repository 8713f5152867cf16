// A bias for each row: [rows of the whole matrix].
@group(0) @binding(6) var<storage, read> bias: array<f32>;

fn biased(row: u32, sum: f32) -> f32 {
  return sum + bias[params.first_row + row];
}
