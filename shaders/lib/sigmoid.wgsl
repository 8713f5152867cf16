// 1 / (1 + e^-x). exp overflows for very negative x, so x is clamped where the result is 0 in f32 anyway.
fn sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + exp(-max(x, -87.0)));
}
