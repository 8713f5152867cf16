// A column in one thread: its sums are complete. A software adapter pays for each barrier, so there is none.
fn column_sums(thread: u32, turn: u32, mine: vec2<f32>) -> vec2<f32> {
  return mine;
}
