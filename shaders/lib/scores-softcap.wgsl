// Attention scores bent into ± softcap. tanh is 1 in f32 long before 20, and some drivers compute it by exponentials that overflow.
fn capped(score: vec4<f32>) -> vec4<f32> {
  let bent = params.softcap * tanh(clamp(score / params.softcap, vec4(-20.0), vec4(20.0)));
  // What is NaN or infinite stays it, to be reported. By bits: WGSL may assume that no value is.
  return select(bent, score, (bitcast<vec4<u32>>(score) & vec4(0x7f800000u)) == vec4(0x7f800000u));
}
