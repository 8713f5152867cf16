// SiLU, the gate's activation in SwiGLU: x * sigmoid(x). exp overflows to a huge sum for very negative x, so x is clamped
// where the result is 0 in f32 anyway.
fn activate(x: f32) -> f32 {
  return x / (1.0 + exp(-max(x, -87.0)));
}
