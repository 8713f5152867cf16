// Levels stand for themselves.
const DOWN = IN_PLACE;

fn widen(word: u32) -> vec4<f32> {
  return vec4<f32>(vec4(bitcast<i32>(word)) & LEVEL_BITS);
}
