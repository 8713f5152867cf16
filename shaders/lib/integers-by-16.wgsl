// Each half of a block of 32 has a scale and a minimum of its own: an element is level * scale.x - scale.y in the first,
// level * scale.z - scale.w in the second.
alias Scale = vec4<f32>;

fn block_dot(w: Bytes, scale: Scale, x: Integers) -> f32 {
  let a = dot_16(w.a, x.lower_a, dot_16(w.a, x.upper_a, 0) << 8u);
  let b = dot_16(w.b, x.lower_b, dot_16(w.b, x.upper_b, 0) << 8u);
  return (scale.x * (x.step * f32(a)) - scale.y * x.sum_a) + (scale.z * (x.step * f32(b)) - scale.w * x.sum_b);
}
