// No bias: a product is as it is.
fn biased(row: u32, sum: f32) -> f32 {
  return sum;
}
