// A block of 32 has one scale and one minimum: an element is level * scale.x - scale.y.
alias Scale = vec2<f32>;

fn step_dot(first_unit: u32, first_scale: u32, step: u32, v: Values) -> f32 {
  let w = block_levels(first_unit, step);
  let scale = block_scale(first_scale, step);
  return scale.x * (low_dot(w, v) + high_dot(w, v)) - scale.y * (v.low + v.high);
}

fn chunk(first_unit: u32, block: u32, c: u32, scale: Scale) -> Chunk {
  let w = chunk_levels(first_unit, block, c);
  let down = DOWN * scale.x;
  return Chunk(w.a * down - scale.y, w.b * down - scale.y);
}
