// Queries and keys go into the rotation as they are.
fn qk_prepare(queries: u32, thread: u32) {
}

fn qk_factor(head: u32, dim: u32) -> f32 {
  return 1.0;
}
