// Attention scores as they are.
fn capped(score: vec4<f32>) -> vec4<f32> {
  return score;
}
