// A bias for each row: [rows of the whole matrix], of which this part of it starts at bias_offset.
@group(0) @binding(6) var<storage, read> bias: array<f32>;

fn biased(row: u32, sum: f32) -> f32 {
  return sum + bias[params.bias_offset + row];
}
