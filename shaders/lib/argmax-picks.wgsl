// A later pass of argmax reads what the one before picked: [R, count].
@group(0) @binding(1) var<storage, read> source: array<vec4<u32>>;

fn candidate(row_at: u32, i: u32) -> Best {
  let pick = source[row_at + i];
  return Best(bitcast<f32>(pick.y), pick.x, pick.z);
}
