// Attention scores bent into ± softcap. tanh is 1 in f32 long before 20, and some drivers compute it by exponentials that overflow.
fn capped(score: vec4<f32>) -> vec4<f32> {
  return params.softcap * tanh(clamp(score / params.softcap, vec4(-20.0), vec4(20.0)));
}
