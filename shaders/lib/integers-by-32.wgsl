// A block of 32 has one scale and one minimum: an element is level * scale.x - scale.y.
alias Scale = vec2<f32>;

fn block_dot(w: Bytes, scale: Scale, x: Integers) -> f32 {
  let upper = dot_16(w.b, x.upper_b, dot_16(w.a, x.upper_a, 0));
  let all = dot_16(w.b, x.lower_b, dot_16(w.a, x.lower_a, upper << 8u));
  return scale.x * (x.step * f32(all)) - scale.y * (x.sum_a + x.sum_b);
}
