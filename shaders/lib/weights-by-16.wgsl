// Each half of a block of 32 has a scale and a minimum of its own: an element is level * scale.x - scale.y in the first,
// level * scale.z - scale.w in the second.
alias Scale = vec4<f32>;

fn step_dot(first_unit: u32, first_scale: u32, step: u32, v: Values) -> f32 {
  let w = block_levels(first_unit, step);
  let scale = block_scale(first_scale, step);
  return (scale.x * low_dot(w, v) - scale.y * v.low) + (scale.z * high_dot(w, v) - scale.w * v.high);
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: Scale) -> Chunk {
  let w = chunk_levels(first_unit, block, c);
  return Chunk(w.a * (DOWN * scale.x) - scale.y, w.b * (DOWN * scale.z) - scale.w);
}
